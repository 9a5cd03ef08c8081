#!/usr/bin/env python3
"""systemctl for a root without systemd: does what a unit says.

Runs a service's Exec lines as its user, with its folders, environment and
%i; a service of Type=notify stays in the background once it is ready.  Timers
and paths are enabled only if they have an [Install] section, as systemd would
ask; that time or a folder starts them, nobody imitates.  With SYSTEMCTL_PIDS
process ids of what stays are written there.
"""
import os
import pwd
import grp
import shlex
import socket
import sys

UNITS = "/lib/systemd/system"


def stop(text):
    sys.exit("systemctl: " + text)


def read(name):
    stem, _, ending = name.rpartition(".")
    template, at, instance = stem.partition("@")
    path = "%s/%s.%s" % (UNITS, template + at, ending)
    if not os.path.exists(path):
        stop("Unit %s not found." % name)
    settings, section = {}, None
    for line in open(path, encoding="utf-8"):
        line = line.strip()
        if line.startswith("["):
            section = line.strip("[]")
        elif line and not line.startswith("#"):
            key, _, value = line.partition("=")
            settings.setdefault((section, key), []).append(
                value.replace("%i", instance))
    return settings


def one(settings, key, default=None, section="Service"):
    return settings.get((section, key), [default])[-1]


def folders(s, user, group):
    for key, top in (("StateDirectory", "/var/lib"), ("RuntimeDirectory", "/run"),
                     ("CacheDirectory", "/var/cache"), ("LogsDirectory", "/var/log")):
        name = one(s, key)
        if name is None:
            continue
        path = os.path.join(top, name)
        os.makedirs(path, exist_ok=True)
        os.chmod(path, int(one(s, key + "Mode", "0755"), 8))
        os.chown(path, user, group)


def child(s, words, user, group, environment):
    os.setgroups(os.getgrouplist(user.pw_name, group))
    os.setgid(group)
    os.setuid(user.pw_uid)
    os.umask(int(one(s, "UMask", "0022"), 8))
    os.chdir("/")
    os.execve(words[0], words, environment)


def start(name):
    s = read(name)
    user = pwd.getpwnam(one(s, "User", "root"))
    group = grp.getgrnam(one(s, "Group", "root")).gr_gid
    folders(s, user.pw_uid, group)
    environment = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"}
    for value in s.get(("Service", "Environment"), []):
        key, _, value = value.partition("=")
        environment[key] = value
    notify = None
    if one(s, "Type") == "notify":
        notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        notify.bind("\0ferry-test-%d" % os.getpid())
        notify.settimeout(20)
        environment["NOTIFY_SOCKET"] = "@ferry-test-%d" % os.getpid()
    good = {"0"} | set(one(s, "SuccessExitStatus", "").split())
    for key in ("ExecStartPre", "ExecStart", "ExecStartPost"):
        for line in s.get(("Service", key), []):
            ignored = line.startswith("-")
            pid = os.fork()
            if pid == 0:
                child(s, shlex.split(line.lstrip("-")), user, group, environment)
            if notify is not None and key == "ExecStart":
                if b"READY=1" not in notify.recv(200):
                    stop("%s is not ready" % name)
                with open(os.environ["SYSTEMCTL_PIDS"], "a", encoding="utf-8") as f:
                    f.write("%d\n" % pid)
                continue
            status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
            if str(status) not in good and not ignored:
                stop("Job for %s failed: status %d." % (name, status))


def main():
    words = [w for w in sys.argv[1:] if not w.startswith("-")]
    now = "--now" in sys.argv
    action, names = words[0], words[1:]
    if action not in ("start", "enable") or not names:
        stop("this one has only start and enable")
    for name in names:
        s = read(name)
        if action == "enable":
            if one(s, "WantedBy", section="Install") is None:
                stop("%s has no installation config." % name)
            print("enabled " + name)
        if name.endswith(".service"):
            if action == "start" or now:
                start(name)
        else:
            # It must start a service that there is.
            stem = name.rpartition(".")[0]
            read(stem + ".service")
            if name.endswith(".path") and not os.path.isdir(
                    one(s, "PathChanged", section="Path")):
                stop(name + " watches what is not there")


main()
