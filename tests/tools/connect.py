#!/usr/bin/env python3
"""A proxy for clients that want a host's name without a port: CONNECT, to
whatever host, leads to one address of this machine.

connect.py PORT-FILE TARGET-PORT
"""
import os
import socket
import socketserver
import sys
import threading


def pump(source, to):
    try:
        while data := source.recv(65536):
            to.sendall(data)
        to.shutdown(socket.SHUT_WR)
    except OSError:
        pass


class Handler(socketserver.StreamRequestHandler):
    rbufsize = 0  # What follows the request's head belongs to the target.

    def handle(self):
        if not self.rfile.readline().startswith(b"CONNECT "):
            return
        while self.rfile.readline().strip():
            pass
        with socket.create_connection(("127.0.0.1", int(sys.argv[2]))) as target:
            self.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
            back = threading.Thread(target=pump, args=(target, self.connection))
            back.start()
            pump(self.connection, target)
            back.join()


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True


server = Server(("127.0.0.1", 0), Handler)
with open(sys.argv[1] + ".new", "w") as f:
    f.write(str(server.server_address[1]))
os.rename(sys.argv[1] + ".new", sys.argv[1])
server.serve_forever()
