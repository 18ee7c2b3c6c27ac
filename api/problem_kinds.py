"""The kinds of problem that the API answers with: status and title in both languages.

A problem's ``code`` is stable; programs branch on it. Codes that are not listed come from the
heart (``InvalidInput.code``) and take the title of their class.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Kind:
    """``status`` is the HTTP status; ``en`` and ``zh`` are titles, ``en`` and ``zh`` details."""

    status: int
    en: str
    zh: str
    detail_en: str = ""
    detail_zh: str = ""


KINDS: dict[str, Kind] = {
    "malformed": Kind(
        400, "The request cannot be read", "无法读取请求",
        "Send well-formed JSON in UTF-8.", "请发送格式正确的 UTF-8 JSON。",
    ),
    "unauthenticated": Kind(
        401, "Sign in first", "请先登录",
        "Send a bearer token or sign in.", "请提供令牌或登录。",
    ),
    "token_invalid": Kind(
        401, "The token is not valid", "令牌无效",
        "The token is unknown or was revoked.", "令牌未知或已被吊销。",
    ),
    "token_expired": Kind(
        401, "The token has expired", "令牌已过期",
        "Ask an administrator for a new token.", "请向管理员申请新的令牌。",
    ),
    "session_expired": Kind(
        401, "The session has ended", "会话已结束",
        "Sign in again.", "请重新登录。",
    ),
    "bad_credentials": Kind(
        401, "Wrong name or password", "用户名或密码错误",
        "Check both and try again.", "请检查后重试。",
    ),
    "forbidden": Kind(
        403, "Not allowed", "没有权限",
        "Your role or token does not allow this.", "您的角色或令牌不允许此操作。",
    ),
    "foreign_origin": Kind(
        403, "Request from a foreign page", "请求来自外部页面",
        "Use the pages of this server, or a bearer token.", "请使用本服务器的页面或令牌。",
    ),
    "not_found": Kind(
        404, "Not found", "未找到",
        "There is nothing under this address.", "此地址下没有内容。",
    ),
    "method_not_allowed": Kind(
        405, "Method not allowed", "不支持此方法",
        "See the Allow header for what this address takes.", "可用的方法见 Allow 头。",
    ),
    "conflict": Kind(409, "The present state forbids this", "当前状态不允许此操作"),
    "too_large": Kind(
        413, "The request is too large", "请求过大",
        "Send less at once.", "请减少单次发送的内容。",
    ),
    "unsupported_media_type": Kind(
        415, "Unsupported content type", "不支持的内容类型",
        "Send the content type that the operation takes.", "请使用该操作支持的内容类型。",
    ),
    "invalid": Kind(
        422, "Some values are not valid", "部分数据无效",
        "See errors for each value and what to send instead.", "各项错误及修正方法见 errors。",
    ),
    "idempotency_key_invalid": Kind(
        422, "The idempotency key is not valid", "幂等键无效",
        "Send 1 to 128 visible ASCII characters.", "请使用 1 到 128 个可见 ASCII 字符。",
    ),
    "key_reused": Kind(
        422, "The idempotency key was used for another request", "幂等键已用于其他请求",
        "Use a new key for a new request.", "新的请求请使用新的键。",
    ),
    "too_many_requests": Kind(
        429, "Too many attempts", "尝试次数过多",
        "Wait as long as Retry-After says.", "请按 Retry-After 等待后重试。",
    ),
    "internal": Kind(
        500, "Internal error", "内部错误",
        "The fault is on this side and was logged.", "服务器出错，已记录。",
    ),
    "store_damaged": Kind(
        500, "A stored row is damaged", "存储的数据已损坏",
        "Run `tallydock verify`.", "请运行 `tallydock verify`。",
    ),
    "store_unavailable": Kind(
        503, "Nothing can be written now", "目前无法写入",
        "Nothing was recorded. Send the same request again.", "未记录任何内容，请重新发送。",
    ),
    "not_ready": Kind(
        503, "Not ready", "尚未就绪",
        "Starting, stopping, or without its store.", "正在启动、停止或存储不可用。",
    ),
}  # fmt: skip

BY_STATUS: dict[int, str] = {
    400: "malformed",
    401: "unauthenticated",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    409: "conflict",
    413: "too_large",
    415: "unsupported_media_type",
    422: "invalid",
    429: "too_many_requests",
    500: "internal",
    503: "not_ready",
}
