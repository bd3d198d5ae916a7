package realtime

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/api/internal/pgrst"
	"github.com/seed-7694ebf6/plinth/api/internal/variables"
	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/internal/canon"
	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/internal/reqinfo"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/access"
	"github.com/seed-7694ebf6/plinth/store/changelog"
	"github.com/seed-7694ebf6/plinth/store/fault"
	"github.com/seed-7694ebf6/plinth/store/query"
)

// The times of a stream.
const (
	verifyEvery  = 2 * time.Second  // credentials
	cursorEvery  = 10 * time.Second // the cursor, where nothing else is sent
	writeTimeout = 10 * time.Second // of a message
)

// Live returns the handler of GET {prefix}{resource}: server-sent events (WHATWG HTML, section
// 9.2) of the rows that the filters of the URL select, as in a list. Parameters are filters and
// select. Others:
//
//	snapshot=true   begin with an event "snapshot", the array of the rows
//	since=CURSOR    continue, as the header Last-Event-ID does
//	ticket=TEXT     authenticate by a ticket of [Hub.Ticket]
//
// The events, each with a cursor as its id:
//
//	changes    an array of [Event]: the changes of one or more transactions
//	snapshot   the rows
//	resync     changes are lost: read the list again. The stream ends.
//
// A row that leaves the filter is a delete, because the stream keeps a list up to date. Every
// ten seconds the client gets the present cursor.
func (h *Hub) Live(prefix string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := h.serveLive(w, r, strings.TrimPrefix(r.URL.Path, prefix)); err != nil {
			api.WriteError(w, r, err)
		}
	})
}

// stream is a request for events.
type stream struct {
	hub      *Hub
	w        http.ResponseWriter
	r        *http.Request
	caller   *http.Request // the one with the credentials
	request  Request
	query    query.Query // of the snapshot
	snapshot []byte
	cursor   changelog.Cursor
	expires  time.Time
	checked  time.Time // when the credentials were found to be valid
}

// serveLive returns an error before the stream begins only.
func (h *Hub) serveLive(w http.ResponseWriter, r *http.Request, name string) error {
	if !pgrst.Reads(r.Method) || r.Method == http.MethodHead {
		return &problem.Error{Code: problem.UnknownMethod, Allow: []string{http.MethodGet}}
	}
	s := &stream{hub: h, w: w, r: r}
	if err := s.parse(name); err != nil {
		return err
	}
	sub, err := h.Subscribe(r.Context(), s.request)
	switch {
	case errors.Is(err, ErrResync):
		s.begin()
		s.send("resync", "", []byte("{}"))
		return nil
	case err != nil:
		return err
	}
	defer sub.Close()
	s.begin()
	s.run(sub)
	return nil
}

// parse reads the URL and authenticates the caller.
func (s *stream) parse(name string) error {
	rest, own := variables.Take(s.r.URL.RawQuery, []string{"snapshot", "since", "ticket"})
	rest, _ = variables.Take(rest, s.hub.api.Parameters()) // of rules, which find them in the request
	settings, err := url.ParseQuery(own)
	if err != nil {
		return &problem.Error{Code: problem.BadQuery, Message: "the query string cannot be parsed"}
	}
	s.caller = s.r
	if text := settings.Get("ticket"); text != "" {
		if s.caller, err = s.hub.redeem(s.r, text, name); err != nil {
			return err
		}
	}
	p, scope, err := s.hub.identify(s.caller)
	if err != nil {
		return err
	}
	if s.caller != s.r {
		reqinfo.From(s.r.Context()).SetPrincipal(p.Kind.String(), p.ID)
	}
	s.expires = p.Expires
	table, err := s.hub.table(scope, name)
	if err != nil {
		return err
	}
	s.request = Request{Table: table, Since: changelog.Cursor(settings.Get("since"))}
	if last := s.r.Header.Get("Last-Event-ID"); last != "" {
		s.request.Since = changelog.Cursor(last)
	}
	if s.query, err = parseFilter(rest); err != nil {
		return err
	}
	if s.request.View, err = viewOf(scope, table, &s.query); err != nil {
		return err
	}
	if settings.Get("snapshot") == "true" && s.request.Since == "" {
		s.request.Snapshot = s.readSnapshot
	}
	return nil
}

// identify returns the caller of a request and the scope.
func (h *Hub) identify(r *http.Request) (p auth.Principal, _ *store.Scope, err error) {
	defer recovered(h.config.Logger, &err)
	ctx := r.Context()
	p = auth.FromContext(ctx)
	if h.config.Authenticator != nil {
		r = r.WithContext(auth.Prepare(ctx)) // it asks again, however often it is called
		if p, err = auth.Authenticate(h.config.Authenticator, r); err != nil {
			return p, nil, err
		}
		ctx = auth.WithPrincipal(ctx, p)
	}
	scope := *store.ScopeFrom(h.api.WithRequestScope(ctx, r)) // a copy
	scope.Var = h.atDelivery(scope.Var)
	return p, &scope, nil
}

// atDelivery returns variables in which the time is that of the delivery.
func (h *Hub) atDelivery(inner func(string) (string, bool)) func(string) (string, bool) {
	return func(name string) (string, bool) {
		if name == nowVariable {
			return string(canon.AppendTimestamp(nil, h.db.Now())), true
		}
		return inner(name)
	}
}

// table finds a table that a scope knows by the name of its resource.
func (h *Hub) table(scope *store.Scope, name string) (*store.Table, error) {
	t := h.api.Table(name)
	if t == nil || scope.GuardOf(t) == nil {
		return nil, &fault.UnknownTableError{Table: name}
	}
	return t, nil
}

// parseFilter reads the filters and the columns of a URL.
func parseFilter(rawQuery string) (query.Query, error) {
	read, err := pgrst.ParseRead(rawQuery, pgrst.Limits{}.WithDefaults())
	if err != nil {
		return query.Query{}, err
	}
	q := read.Query
	plain := len(q.With) == 0 && len(q.Order) == 0 && q.Limit == nil && q.Offset == 0 && q.After == ""
	for _, s := range q.Select {
		plain = plain && s == query.Selected{Column: s.Column} && s.Column != ""
	}
	if !plain {
		return q, &problem.Error{Code: problem.BadQuery, Message: "a stream takes filters and columns of one table: no relations, order, limit, aggregates or renamed columns"}
	}
	return q, nil
}

// viewOf returns what a query selects of a table.
func viewOf(scope *store.Scope, t *store.Table, q *query.Query) (changelog.View, error) {
	where, err := changelog.BindView(scope, t, q.Where)
	view := changelog.View{Scope: scope, Where: where}
	if err != nil || q.Select == nil {
		return view, err
	}
	view.Columns = new(store.ColumnSet)
	for _, s := range q.Select {
		c := t.Column(s.Column)
		switch {
		case s.Column == "*":
			view.Columns = nil
			return view, nil
		case c == nil || !scope.GuardOf(t).Readable.Has(c):
			return view, &problem.Error{Code: problem.UndefinedColumn, Message: fmt.Sprintf("column %s.%s does not exist", t.Name, s.Column)}
		}
		view.Columns.Add(c)
	}
	return view, nil
}

// maxSnapshot is the number of rows and maxSnapshotBytes the size of a snapshot.
const (
	maxSnapshot      = 1_000
	maxSnapshotBytes = 16 << 20
)

func (s *stream) readSnapshot(ctx context.Context, tx *store.Tx) error {
	var rows query.Rows
	defer rows.Free()
	opts := query.ReadOptions{MaxRows: maxSnapshot, MaxBytes: maxSnapshotBytes}
	err := access.New(tx, s.request.Table, s.request.View.Scope).Read(ctx, &s.query, opts, &rows)
	if err != nil {
		return err
	}
	if rows.More {
		return &problem.Error{Code: problem.LimitExceeded, Message: fmt.Sprintf("limit exceeded: a snapshot has at most %d rows", maxSnapshot), Hint: "Filter the list, or begin without a snapshot."}
	}
	s.snapshot = append(append([]byte{'['}, rows.Body...), ']')
	return nil
}

// begin sends the header. Clients that lose the stream come back after a random pause.
func (s *stream) begin() {
	h := s.w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no") // for nginx
	s.w.WriteHeader(http.StatusOK)
	_, _ = fmt.Fprintf(s.w, "retry: %d\n\n", 1000+rand.IntN(4000))
}

// run sends messages until the stream ends.
func (s *stream) run(sub *Subscription) {
	if s.snapshot != nil && !s.send("snapshot", sub.first[0].Cursor, s.snapshot) {
		return
	}
	s.checked = time.Now()
	asked, sent := s.checked, time.Time{}
	for {
		m, err := sub.Next(s.r.Context(), verifyEvery)
		if errors.Is(err, ErrResync) {
			s.send("resync", "", []byte("{}"))
		}
		if err != nil {
			return
		}
		if time.Since(asked) >= verifyEvery {
			if !s.allowed() {
				return
			}
			asked = time.Now()
		}
		switch {
		case m != nil && len(m.Events) > 0:
			body, err := json.Marshal(m.Events)
			if err != nil || !s.send("changes", m.Cursor, body) {
				return
			}
			sent = time.Now()
		case m != nil:
			s.cursor = m.Cursor
			fallthrough
		case time.Since(sent) >= cursorEvery:
			if !s.send("", cmp.Or(sub.position(), s.cursor), nil) {
				return
			}
			sent = time.Now()
		}
	}
}

// allowed reports whether the credentials still allow the same.
func (s *stream) allowed() bool {
	if !s.expires.IsZero() && time.Now().After(s.expires) {
		return false
	}
	_, scope, err := s.hub.identify(s.caller)
	if err != nil {
		return !isRefused(err) && time.Since(s.checked) <= uncheckedFor
	}
	s.checked = time.Now()
	return suits(s.request.Table, s.request.View, scope)
}

// send sends an event, or without a name the cursor alone. It reports whether the client is
// still there.
func (s *stream) send(event string, cursor changelog.Cursor, data []byte) bool {
	var b bytes.Buffer
	if event != "" {
		b.WriteString("event: " + event + "\n")
	}
	if cursor != "" {
		s.cursor = cursor
		b.WriteString("id: " + string(cursor) + "\n")
	}
	if data != nil {
		b.WriteString("data: ")
		b.Write(data) // JSON without line ends
		b.WriteByte('\n')
	}
	if b.Len() == 0 {
		b.WriteString(": " + strconv.Itoa(int(cursorEvery/time.Second)) + " s\n")
	}
	b.WriteByte('\n')
	out := http.NewResponseController(s.w)
	_ = out.SetWriteDeadline(time.Now().Add(writeTimeout)) // tests have none
	_, err := s.w.Write(b.Bytes())
	if err == nil {
		err = out.Flush()
	}
	return err == nil || errors.Is(err, http.ErrNotSupported)
}
