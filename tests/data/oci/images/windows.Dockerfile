# escape=`

ARG TAG=ltsc2022
FROM --platform=windows/amd64 `
    mcr.microsoft.com/windows/servercore:${TAG}
RUN dir C:\
COPY --from=mcr.microsoft.com/windows/nanoserver:ltsc2022 `
    C:\Windows\System32\ C:\x\
