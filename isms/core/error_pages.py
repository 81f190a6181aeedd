"""Every error as a page of its status that says what to do: domain errors are mapped to HTTP here, once."""

from typing import Any

from flask import Response, g, render_template
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as WerkzeugResponse

from isms.core.database import CODE_ERRORS, STORAGE_ERRORS, db, said_by, storage_reason
from isms.core.errors import AlreadyDone, DomainError, TooMany
from isms.core.logs import log
from isms.core.once import answer_again
from isms.core.words import gettext


def error_page(error: BaseException) -> WerkzeugResponse | Any:
    """Turn any error into a page of its status that says what to do, without a trace of the inside."""
    if isinstance(error, AlreadyDone):
        return answer_again(error)
    status, message = _status_and_message(error)
    if status >= 500:
        said = {"exc_info": error} if status == 500 else {"reason": " / ".join(said_by(error))[:300]}
        log.error("failed", id=g.get("request_id"), error=type(error).__name__, **said)
        if isinstance(error, STORAGE_ERRORS) and not db.is_closed() and not db.in_transaction():
            db.close()
    page = render_template("errors/error.html", status=status, message=message, request_id=g.get("request_id", ""))
    response = Response(page, status, mimetype="text/html")
    if isinstance(error, TooMany):
        response.headers["Retry-After"] = str(error.retry_after)
    if isinstance(error, HTTPException) and error.code == 405:
        response.headers.update(dict(h for h in error.get_headers() if h[0] == "Allow"))
    return response


def _status_and_message(error: BaseException) -> tuple[int, str]:
    if isinstance(error, CSRFError):
        return 400, gettext("画面が古くなっています。前の画面に戻って読み込み直してから、もう一度送ってください。")
    if isinstance(error, DomainError):
        return error.status, "" if error.status == 404 else str(error)
    if isinstance(error, HTTPException):
        return error.code or 500, ""
    if isinstance(error, STORAGE_ERRORS) and not isinstance(error, CODE_ERRORS):
        return 503, storage_reason(error)
    if isinstance(error, UnicodeEncodeError | UnicodeDecodeError):
        return 400, gettext("使えない文字が含まれています。")
    return 500, ""
