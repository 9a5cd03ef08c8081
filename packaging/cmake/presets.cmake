# Sets flags for the PRESET that was chosen on the command line.
set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
add_compile_definitions(_GNU_SOURCE FERRY_VERSION="${PROJECT_VERSION}")
add_compile_options(-Wall -Wextra -Wshadow -Wstrict-prototypes
    -Wmissing-prototypes -Wpointer-arith -Wcast-qual -Wwrite-strings -Wvla
    -Wformat=2 -Wundef -Wdouble-promotion)

if(PRESET STREQUAL "release")
	set(build Release)
	set(FERRY_HARDEN ON)
elseif(PRESET STREQUAL "debug")
	set(build Debug)
elseif(PRESET STREQUAL "sanitize")
	set(build Debug)
	add_compile_options(-fsanitize=address,undefined
	    -fno-sanitize-recover=undefined -fno-omit-frame-pointer)
	add_link_options(-fsanitize=address,undefined)
elseif(PRESET STREQUAL "strict")
	set(build Release)
	set(FERRY_HARDEN ON)
	add_compile_options(-Werror)
else()
	message(FATAL_ERROR "PRESET is release, debug, sanitize or strict, "
	    "not '${PRESET}'")
endif()
if(FERRY_HARDEN)
	add_compile_options(-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2
	    -fstack-protector-strong -fPIE)
	add_link_options(-pie -Wl,-z,relro,-z,now)
endif()
if(NOT CMAKE_BUILD_TYPE)
	set(CMAKE_BUILD_TYPE ${build} CACHE STRING "" FORCE)
endif()
