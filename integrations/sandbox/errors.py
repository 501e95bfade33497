"""The error codes of the Weibo API, their short messages, and the HTTP status the sandbox sends with each."""

from collections.abc import Mapping
from types import MappingProxyType

# The platform's documentation does not give HTTP statuses; clients must decide by the code. The statuses
# below are the sandbox's choice: 403 for limits and permissions, 401 for tokens, 5xx for own trouble.
_ERRORS: dict[int, tuple[int, str]] = {
    10001: (500, "System error"),
    10002: (503, "Service unavailable"),
    10003: (502, "Remote service error"),
    10004: (403, "IP limit"),
    10005: (403, "Permission denied, need a high level appkey"),
    10006: (400, "Source paramter (appkey) is missing"),
    10007: (400, "Unsupport mediatype (%s)"),
    10008: (400, "Param error, see doc for more info"),
    10009: (503, "Too many pending tasks, system is busy"),
    10010: (500, "Job expired"),
    10011: (500, "RPC error"),
    10012: (400, "Illegal request"),
    10013: (403, "Invalid weibo user"),
    10014: (403, "Insufficient app permissions"),
    10016: (400, "Miss required parameter (%s) , see doc for more info"),
    10017: (400, "Parameter (%s)'s value invalid, expect (%s) , but get (%s) , see doc for more info"),
    10018: (413, "Request body length over limit"),
    10020: (404, "Request api not found"),
    10021: (405, "HTTP method is not suported for this request"),
    10022: (403, "IP requests out of rate limit"),
    10023: (403, "User requests out of rate limit"),
    10024: (403, "User requests for (%s) out of rate limit"),
    20003: (400, "User does not exists"),
    20005: (400, "Unsupported image type, only suport JPG, GIF, PNG"),
    20006: (400, "Image size too large"),
    20007: (400, "Does multipart has image"),
    20008: (400, "Content is null"),
    20009: (400, "IDs is too many"),
    20012: (400, "Text too long, please input text less than 140 characters"),
    20013: (400, "Text too long, please input text less than 300 characters"),
    20014: (400, "Param is error, please try again"),
    20015: (403, "Account or ip or app is illgal, can not continue"),
    20016: (403, "Out of limit"),
    20017: (400, "Repeat content (similar)"),
    20018: (400, "Contain illegal website"),
    20019: (400, "Repeat conetnt (identical)"),
    20020: (400, "Contain advertising"),
    20021: (400, "Content is illegal"),
    20022: (403, "Your ip's behave in a comic boisterous or unruly manner"),
    20031: (403, "Test and verify"),
    20032: (200, "Update success, while server slow now, please wait 1-2 minutes"),
    20101: (400, "Target weibo does not exist"),
    20102: (403, "Not your own weibo"),
    20104: (400, "Illegal weibo"),
    20109: (400, "Weibo id is null"),
    20111: (400, "Repeated weibo text"),
    20201: (400, "Target weibo comment does not exist"),
    20507: (403, "Verification code is needed"),
    21301: (401, "Auth faild"),
    21305: (400, "Parameter absent"),
    21314: (401, "Token used"),
    21315: (401, "Token expired"),
    21316: (401, "Token revoked"),
    21317: (401, "Token rejected"),
    21319: (401, "Accessor was revoked"),
    21320: (400, "OAuth2 must use https"),
    21321: (403, "Applications over the unaudited use restrictions"),
    21322: (400, "redirect_uri_mismatch"),
    21323: (400, "invalid_request"),
    21324: (401, "invalid_client"),
    21325: (400, "invalid_grant"),
    21327: (401, "expired_token"),
    21328: (400, "unsupported_grant_type"),
    21329: (400, "unsupported_response_type"),
    21330: (403, "access_denied"),
    21332: (401, "invalid_access_token"),
    21602: (400, "Contains forbid world"),
}

ERRORS: Mapping[int, tuple[int, str]] = MappingProxyType(_ERRORS)
"""Code -> (HTTP status, message); `%s` in a message stands for a parameter."""

ACCEPTED_ALTHOUGH_AN_ERROR = 20032
"""The one code that reports success: the post was taken and shows up later."""


class ApiError(Exception):
    """A refusal in the form of the Weibo API."""

    def __init__(self, code: int, *parameters: str, http: int | None = None) -> None:
        status, message = ERRORS[code]
        missing = message.count("%s") - len(parameters)
        self.code = code
        self.http = http or status
        self.message = message % (*parameters, *[""] * missing) if "%s" in message else message
        super().__init__(f"{code} {self.message}")

    def body(self, path: str) -> dict[str, object]:
        """`{"error": text, "error_code": int, "request": path}`."""
        return {"error": self.message, "error_code": self.code, "request": path}
