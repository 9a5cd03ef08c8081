# shellcheck shell=bash
# npm login, as a person types it.
login() { # NAME PASSWORD [OPTION…]: npm reads them from a terminal
	python3 - "$@" <<'PY'
import os, pty, sys, time
name, password = sys.argv[1:3]
pid, fd = pty.fork()
if pid == 0:
	os.execvp("npm", ["npm", "login"] + sys.argv[3:])
said = b""
answers = [(b"sername:", name), (b"assword:", password), (b"mail", "x@example.com")]
try:
	while True:
		data = os.read(fd, 4096)
		if not data:
			break
		said += data
		while answers and answers[0][0] in said:
			said = said.split(answers[0][0], 1)[1]
			time.sleep(0.2)
			os.write(fd, (answers.pop(0)[1] + "\r").encode())
except OSError:
	pass
sys.stdout.buffer.write(said)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
PY
}
