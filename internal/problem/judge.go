package problem

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"
)

// verdict holds the content of an error response, independent of its format.
type verdict struct {
	status     int
	code       string
	message    string
	details    json.RawMessage // nil is null
	hint       string
	fields     json.RawMessage // nil is none
	allow      []string
	retryAfter time.Duration
	expected   bool
}

// judge returns the verdict for an error, with the part of the request it comes from.
func judge(r *http.Request, err error, authenticated bool) verdict {
	v := judgeWhole(r, err, authenticated)
	var placer Placer
	if errors.As(err, &placer) {
		v.message = placer.ProblemPlace() + ": " + v.message
	}
	return v
}

// judgeWhole returns the verdict for an error. An error that no case matches is Internal.
func judgeWhole(r *http.Request, err error, authenticated bool) verdict {
	var tooLong *http.MaxBytesError
	coded := decide(err)
	if timeout := requestTimeout(r, err, coded); timeout != nil {
		return fromCoded(timeout, authenticated)
	}
	switch {
	case errors.Is(err, context.Canceled) && errors.Is(r.Context().Err(), context.Canceled):
		return plain(ClientGone)
	case coded != nil:
		return fromCoded(coded, authenticated)
	case errors.As(err, &tooLong):
		v := plain(BodyTooLarge)
		v.message = fmt.Sprintf("The body is larger than %d bytes.", tooLong.Limit)
		return v
	case errors.Is(err, context.DeadlineExceeded) && errors.Is(r.Context().Err(), context.DeadlineExceeded):
		// The deadline of the whole request has passed.
		return plain(Unavailable)
	case errors.Is(err, context.DeadlineExceeded):
		return plain(StatementTimeout)
	case errors.Is(err, context.Canceled):
		return plain(Unavailable)
	}
	return plain(Internal)
}

// requestTimeout returns the coded cause if the deadline of the whole request has passed,
// which also ends its statement. It returns nil for the timeout of a statement.
func requestTimeout(r *http.Request, err error, coded Coded) Coded {
	if !errors.Is(r.Context().Err(), context.DeadlineExceeded) {
		return nil
	}
	if !errors.Is(err, context.DeadlineExceeded) && (coded == nil || coded.Problem() != StatementTimeout) {
		return nil
	}
	return decide(context.Cause(r.Context()))
}

func plain(code string) verdict {
	e, _ := lookup(code)
	return verdict{status: e.status, code: code, message: e.message}
}

func fromCoded(err Coded, authenticated bool) verdict {
	code := err.Problem()
	known, listed := lookup(code)
	if code == Internal || !listed && !isSQLState(code) {
		// An unlisted code is a bug. Its text may not be safe to send.
		return plain(Internal)
	}
	v := verdict{status: Status(code, authenticated), code: code, message: known.message}
	if !listed {
		v.message = title(v.status) + "."
	}
	if t, ok := err.(Texter); ok {
		message, details, hint := t.ProblemText()
		if message != "" {
			v.message = message
		}
		if details != "" {
			v.details = quoted(details)
		}
		v.hint = hint
	}
	if d, ok := err.(Detailer); ok {
		if raw := d.ProblemDetails(); len(raw) > 0 && json.Valid(raw) {
			v.details = raw
		}
	}
	if f, ok := err.(Fielder); ok {
		if raw := f.ProblemErrors(); len(raw) > 0 && json.Valid(raw) {
			v.fields = raw
		}
	}
	if a, ok := err.(Allower); ok {
		v.allow = a.ProblemAllow()
	}
	if t, ok := err.(Retrier); ok {
		v.retryAfter = t.ProblemRetryAfter()
	}
	if e, ok := err.(Expecter); ok {
		v.expected = e.ProblemExpected()
	}
	return v
}

// title returns the phrase of a status, which RFC 9457 section 4.2.1 requires beside the
// type about:blank.
func title(status int) string {
	if status == statusClientGone {
		return "Client Closed Request"
	}
	return http.StatusText(status)
}
