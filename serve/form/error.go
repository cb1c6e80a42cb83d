package form

import (
	"net/http"
	"strings"

	"suiren/internal/say"
)

// An Error is an error made for the client. Each surface has its own shape
// for it.
type Error struct {
	Status int
	Type   string // invalid_request_error, authentication_error, …
	Code   string // stable, never translated
	Param  string // the parameter at fault, or ""
	Text   say.Text
	Next   say.Text
	After  int // seconds a client is asked to wait; 0: the server's usual
}

func (e *Error) Error() string { return e.In(say.English) }

// In returns the error's words in a language.
func (e *Error) In(lang say.Lang) string {
	return (&say.Error{What: e.Text, Next: e.Next}).In(lang)
}

// Invalid is a 400 that names a parameter.
func Invalid(param, code string, text say.Text) *Error {
	return &Error{Status: http.StatusBadRequest, Type: "invalid_request_error", Code: code, Param: param, Text: text}
}

// OutOfRange is a 400 for a parameter whose value must lie in bounds.
func OutOfRange(param string, bounds say.Text) *Error {
	return Invalid(param, "invalid_value", say.T("%s is out of range; it must be %v", "%s 超出范围，应为 %v", param, bounds))
}

// MustBe is a 400 for a parameter of another type than it must be.
func MustBe(param string, what say.Text) *Error {
	return Invalid(param, "invalid_type", say.T("%s must be %v", "%s 应为%v", param, what))
}

// Unsupported is a 400 for a parameter that the model behind cannot honour.
func Unsupported(param string) *Error {
	e := Invalid(param, "unsupported_parameter", say.T("%s is not supported by this model here", "这里的模型不支持 %s", param))
	e.Next = say.T("leave it out", "请去掉它")
	return e
}

// TooLong is the 400 for a prompt of n tokens where most are room.
func TooLong(n, most int) *Error {
	e := Invalid("messages", "context_length_exceeded", say.T("prompt is too long: %d tokens > %d maximum", "提示过长：%d 个词元，超过上限 %d", n, most))
	e.Next = say.T("shorten the conversation", "请缩短对话")
	return e
}

// Busy is the 429 of a server that has as much to do as it can hold.
func Busy() *Error {
	return &Error{Status: http.StatusTooManyRequests, Type: "rate_limit_error", Code: "queue_full",
		Text: say.T("too many requests are waiting", "排队的请求太多"), Next: say.T("try again in a moment", "请稍后再试")}
}

// Clip shortens what a client sent before it is sent back.
func Clip(s string) string {
	if len(s) > 64 {
		return strings.ToValidUTF8(s[:64], "") + "…"
	}
	return s
}
