package middleware

import (
	"cmp"
	"fmt"
	"net/http"
	"strings"

	"github.com/seed-7694ebf6/plinth/internal/bounds"
	"github.com/seed-7694ebf6/plinth/internal/exchange"
	"github.com/seed-7694ebf6/plinth/internal/problem"
)

// LimitsOptions tunes [Limits]. Zero takes the default; negative values are refused. No
// limit can be switched off but that of bodies, by BodyOf.
type LimitsOptions struct {
	// Body is the size of a request's body in bytes.
	//
	// Defaults to 1 MiB.
	Body int64

	// BodyOf returns the size for one request where it is another than Body, as for
	// uploads: 0 for Body, less than 0 for a handler that bounds what it reads by
	// itself.
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

	// Refuse writes the answer to a request that is beyond a limit.
	//
	// Defaults to the REST API's own answers.
	Refuse func(w http.ResponseWriter, r *http.Request, err error)

	// URL is the length of path and query string in bytes.
	//
	// Defaults to 16 KiB.
	URL int
}

// Limits returns middleware that refuses requests that are larger than any it is meant
// for, before anything reads them, and names the limit:
//
//   - a header of too many lines or bytes: 431 PL431
//   - a URL or a query string that is too long: 414 PL414
//   - too many parameters: 400 PL001
//   - a body that says it is too large: 413 PL413, and nothing of it is read. One that
//     does not tell its length is read up to the limit, where reading ends with an
//     http.MaxBytesError and the server closes the connection
//
// The usual limits are those of the REST surface, which holds its own as well, as do
// accounts: the smaller one counts. Whoever raises one there has to raise it here.
//
// It panics if a limit is negative.
func Limits(opts LimitsOptions) func(http.Handler) http.Handler {
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
			// Of a body whose length is told the server gives no more than that.
			if limit >= 0 && r.ContentLength < 0 && r.Body != nil {
				bounded := *r
				bounded.Body = http.MaxBytesReader(innermost(w), r.Body, limit)
				defer exchange.NoteRoute(&bounded)
				r = &bounded
			}
			next.ServeHTTP(w, r)
		})
	}
}

type limits struct {
	LimitsOptions

	tooMuchHeader, tooManyFields, tooLongURL, tooLongQuery, tooManyParams error
	refuse                                                                func(http.ResponseWriter, *http.Request, error)
}

func newLimits(opts LimitsOptions) *limits {
	if min(opts.Fields, opts.Header, opts.Params, opts.Query, opts.URL) < 0 || opts.Body < 0 {
		panic("middleware: Limits: a limit is negative")
	}
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

// innermost returns the server's own writer, which http.MaxBytesReader tells to close
// the connection.
func innermost(w http.ResponseWriter) http.ResponseWriter {
	for {
		wrapped, ok := w.(interface{ Unwrap() http.ResponseWriter })
		if !ok {
			return w
		}
		w = wrapped.Unwrap()
	}
}
