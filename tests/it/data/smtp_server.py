"""A mail server on loopback: notes each mail, with its envelope, as one line of JSON.

smtp_server.py PORT FILE MODE CERT KEY; MODE is plain, starttls or implicit; the last two ask for the login ops / s3cret-mail.
"""

import asyncio
import json
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

port, path, mode, certificate, key = sys.argv[1:]


class Notes:
    async def handle_DATA(self, server, session, envelope):
        mail = {
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "login": bool(session.authenticated),
            "tls": session.ssl is not None or mode == "implicit",
            "text": envelope.content.decode("utf-8", "replace"),
        }
        with open(path, "a") as notes:
            notes.write(json.dumps(mail) + "\n")
        return "250 kept as message 1"


def authenticate(server, session, envelope, mechanism, data):
    good = isinstance(data, LoginPassword) and data.login == b"ops" and data.password == b"s3cret-mail"
    return AuthResult(success=good)


def make():
    tls = {}
    if mode == "starttls":
        tls = {"tls_context": context(), "require_starttls": True}
    if mode != "plain":
        tls |= {"authenticator": authenticate, "auth_required": True, "auth_require_tls": mode == "starttls"}
    return SMTP(Notes(), hostname="localhost", **tls)


def context():
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(certificate, key)
    return made


async def main():
    tls = context() if mode == "implicit" else None
    server = await asyncio.get_running_loop().create_server(make, "127.0.0.1", int(port), ssl=tls)
    await server.serve_forever()


asyncio.run(main())
