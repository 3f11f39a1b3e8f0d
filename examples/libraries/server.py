"""server.py COMMAND...: runs it with the address of a small HTTP server as its last argument."""

import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PAGES = {"/oslo": "rain", "/rome": "sun", "/bern": "snow"}
over = threading.Event()


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/slow":
            over.wait()
        text = PAGES.get(self.path)
        if text is None:
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *args):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
server.daemon_threads = True
threading.Thread(target=server.serve_forever, daemon=True).start()
status = subprocess.call([*sys.argv[1:], f"http://127.0.0.1:{server.server_address[1]}"])
over.set()
sys.exit(status)
