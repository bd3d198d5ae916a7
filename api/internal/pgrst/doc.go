// Package pgrst is the grammar of the REST wire: it turns URLs and headers into
// a [query.Query] and preferences, and says which headers and status an answer
// has. Nothing else of the library knows this grammar.
//
// It knows neither tables nor SQL. Names are passed on as they were written and
// values as [store.Text], to be checked and converted by the store, which knows
// what the caller may name. What the grammar cannot read, and what it can read
// but the library does not do yet, is an error; nothing is left out in silence.
//
// # Reading a request
//
//	limits := pgrst.Limits{}.WithDefaults() // once for all requests
//	path, err := pgrst.SplitPath(r.URL.EscapedPath())
//	read, err := pgrst.ParseRead(r.URL.RawQuery, limits)
//	prefer, err := pgrst.ParsePrefer(r.Header)
//	media, err := pgrst.NegotiateAccept(r.Header)
//
// # Answering it
//
//	status, err := pgrst.ReadStatus(offset, rows, total, more)
//	header.Set("Content-Range", pgrst.ReadRange(offset, rows, total))
//
// # Errors
//
// Every error is a [*problem.Error] or a [*LimitError], for which the library's one
// error exit finds code and text. Messages quote what the client sent, shortened,
// and nothing else.
//
// # Differences from PostgREST
//
// Invalid percent-escapes, NUL and invalid UTF-8 are refused, as are repeated
// select, order, limit and offset, text behind the closing bracket of a list,
// and two different members of one name in an answer. A negative limit is a
// breach of the limits (400), not a range (416). A filter on an embed may use
// its alias or the name of its relation, if that names one embed only. In a
// group, a comparison may be negated before the column (not.a.eq.1) as well as
// behind it (a.not.eq.1).
package pgrst
