package middleware

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/seed-7694ebf6/plinth/internal/bounds"
	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/internal/reqinfo"
)

// LimitsOptions tunes [Limits]. Zero takes the default; negative values are refused. No
// limit can be switched off but that of bodies, by BodyOf.
type LimitsOptions struct {
	// Body is the size of a request's body in bytes.
	//
	// Defaults to 1 MiB.
	Body int64

	// BodyOf returns the limit of one request, such as an upload: 0 for Body, less than 0
	// if the handler bounds the body itself.
	//
	// Defaults to Body for all.
	BodyOf func(r *http.Request) int64

	// Fields is the number of lines of the header.
	//
	// Defaults to 100.
	Fields int

	// Header is the size of the header in bytes, names, values and separators. The
	// server bounds it too, by MaxHeaderBytes and before all of it is read.
	//
	// Defaults to 32 KiB.
	Header int

	// Params is the number of parameters in the query string, items without a "="
	// left out.
	//
	// Defaults to 64.
	Params int

	// Query is the length of the query string in bytes.
	//
	// Defaults to 8 KiB.
	Query int

	// Refuse answers a request that exceeds a limit.
	//
	// Defaults to the REST API's own answers.
	Refuse func(w http.ResponseWriter, r *http.Request, err error)

	// URL is the length of path and query string in bytes.
	//
	// Defaults to 16 KiB.
	URL int
}

// Validate returns an error if a limit is negative.
func (o LimitsOptions) Validate() error {
	if min(o.Fields, o.Header, o.Params, o.Query, o.URL) < 0 || o.Body < 0 {
		return errors.New("middleware: Limits: a limit is negative")
	}
	return nil
}

// Limits returns middleware that rejects requests that are too large. The error names the
// limit:
//
//   - a header with too many lines or bytes: 431 PL431
//   - a URL or a query string that is too long: 414 PL414
//   - too many parameters: 400 PL001
//   - a Content-Length over the limit: 413 PL413, without reading the body. A body without
//     a length is read up to the limit. Then reading fails with an http.MaxBytesError, and
//     the server closes the connection
//
// The defaults are the limits of the REST surface. The REST surface and the accounts have
// limits of their own, and the smaller one holds: raise both.
func Limits(opts LimitsOptions) (func(http.Handler) http.Handler, error) {
	if err := opts.Validate(); err != nil {
		return nil, err
	}
	l := newLimits(opts)
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if err := l.check(r); err != nil {
				l.refuse(w, r, err)
				return
			}
			limit := l.bodyOf(r)
			if limit >= 0 && r.ContentLength > limit {
				l.refuse(w, r, &http.MaxBytesError{Limit: limit})
				return
			}
			// The server itself enforces a Content-Length.
			if limit >= 0 && r.ContentLength < 0 && r.Body != nil {
				bounded := *r
				bounded.Body = http.MaxBytesReader(innermost(w), r.Body, limit)
				defer reqinfo.NoteRoute(&bounded)
				r = &bounded
			}
			next.ServeHTTP(w, r)
		})
	}, nil
}

type limits struct {
	LimitsOptions

	tooMuchHeader, tooManyFields, tooLongURL, tooLongQuery, tooManyParams error
	refuse                                                                func(http.ResponseWriter, *http.Request, error)
}

func newLimits(opts LimitsOptions) *limits {
	opts.Body = cmp.Or(opts.Body, bounds.Body)
	opts.Fields = cmp.Or(opts.Fields, 100)
	opts.Header = cmp.Or(opts.Header, bounds.Header)
	opts.Params = cmp.Or(opts.Params, bounds.Params)
	opts.Query = cmp.Or(opts.Query, bounds.Query)
	opts.URL = cmp.Or(opts.URL, bounds.Query+bounds.Path)
	beyond := func(code, what string, limit int, unit string) error {
		return &problem.Error{Code: code, Message: fmt.Sprintf("%s: at most %d %s", what, limit, unit)}
	}
	return &limits{
		LimitsOptions: opts,
		tooMuchHeader: beyond(problem.HeaderTooLarge, "header", opts.Header, "bytes"),
		tooManyFields: beyond(problem.HeaderTooLarge, "header", opts.Fields, "lines"),
		tooLongURL:    beyond(problem.URLTooLong, "URL", opts.URL, "bytes"),
		tooLongQuery:  beyond(problem.URLTooLong, "query string", opts.Query, "bytes"),
		tooManyParams: beyond(problem.LimitExceeded, "query string", opts.Params, "parameters"),
		refuse:        refuseOr(opts.Refuse),
	}
}

// check judges what of a request is there already.
func (l *limits) check(r *http.Request) error {
	url := len(r.RequestURI)
	if url == 0 {
		url = len(r.URL.Path) + len(r.URL.RawQuery)
	}
	switch {
	case url > l.URL:
		return l.tooLongURL
	case len(r.URL.RawQuery) > l.Query:
		return l.tooLongQuery
	case tooManyParams(r.URL.RawQuery, l.Params):
		return l.tooManyParams
	}
	fields, bytes := 1, len("Host: \r\n")+len(r.Host) // which is not among the others
	for name, values := range r.Header {
		for _, value := range values {
			fields++
			bytes += len(name) + len(": \r\n") + len(value)
		}
	}
	switch {
	case fields > l.Fields:
		return l.tooManyFields
	case bytes > l.Header:
		return l.tooMuchHeader
	}
	return nil
}

// tooManyParams counts without decoding anything.
func tooManyParams(query string, limit int) bool {
	if len(query) < 2*limit { // "=" and "&" of each
		return false
	}
	params := 0
	for pair := range strings.SplitSeq(query, "&") {
		if strings.Contains(pair, "=") {
			params++
		}
	}
	return params > limit
}

// bodyOf is the limit of the body of one request, less than 0 for none.
func (l *limits) bodyOf(r *http.Request) int64 {
	if l.BodyOf != nil {
		if limit := l.BodyOf(r); limit != 0 {
			return limit
		}
	}
	return l.Body
}

// innermost returns the server's own writer. http.MaxBytesReader needs it to close the
// connection after a body that is too large.
func innermost(w http.ResponseWriter) http.ResponseWriter {
	for {
		wrapped, ok := w.(interface{ Unwrap() http.ResponseWriter })
		if !ok {
			return w
		}
		w = wrapped.Unwrap()
	}
}
