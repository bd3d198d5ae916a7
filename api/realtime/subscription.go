package realtime

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"sync"
	"time"

	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/changelog"
	"github.com/seed-7694ebf6/plinth/store/query"
	"github.com/seed-7694ebf6/plinth/store/schema"
)

// Event is a change as a subscriber sees it.
type Event struct {
	// ID identifies the change, see changelog.Change.
	ID string `json:"id"`

	// At is the time of the write, Table and Op what happened.
	At    time.Time     `json:"at"`
	Table string        `json:"table"`
	Op    query.WriteOp `json:"op"`

	// Key has the columns of the primary key. Row is the row after an insert or update, with
	// the columns that the subscriber may read.
	Key json.RawMessage `json:"key"`
	Row json.RawMessage `json:"row,omitempty"`

	// ByFilter says that a row which the subscriber can read entered or left its filter only.
	ByFilter bool `json:"-"`

	shared *sharedBytes // of sockets
}

// newEvent returns the event of a change.
func newEvent(t *schema.Table, c changelog.Change, seen changelog.Seen) Event {
	return Event{ID: c.ID, At: c.At, Table: t.Name, Op: seen.Op, Key: keyObject(t, seen.Key), Row: seen.New, ByFilter: seen.ByFilter, shared: new(sharedBytes)}
}

// keyObject returns the key of a change as an object.
func keyObject(t *schema.Table, key json.RawMessage) json.RawMessage {
	var values []json.RawMessage
	if err := json.Unmarshal(key, &values); err != nil || len(values) != len(t.PrimaryKey) {
		return key
	}
	object := []byte{'{'}
	for i, c := range t.PrimaryKey {
		if i > 0 {
			object = append(object, ',')
		}
		object = append(append(object, c.JSONKey...), values[i]...)
	}
	return append(object, '}')
}

// Message is what a subscriber gets at once: the changes of some transactions. Cursor is the
// position behind them.
type Message struct {
	Events []Event
	Cursor changelog.Cursor

	more bool // the cursor is in the middle of what was committed at one time
}

// Errors that end a subscription.
var (
	// ErrResync reports that changes are lost: the subscriber must read the list again.
	ErrResync = errors.New("realtime: changes are lost; read the list again (resync)")

	// ErrSlow reports a subscriber that does not take its messages. It continues at its
	// cursor.
	ErrSlow = errors.New("realtime: the subscriber is too slow")

	// ErrInterrupted reports a failure on the server. The subscriber continues at its cursor.
	ErrInterrupted = errors.New("realtime: the stream was interrupted; continue at the cursor")
)

// startTimeout is how long a subscriber waits for the hub to begin.
const startTimeout = 5 * time.Second

var errNotRunning = &problem.Error{
	Code: problem.Unavailable, RetryAfter: time.Second,
	Message: "changes are not read at the moment", Hint: "The program must run Hub.Run, as App.Run and App.RunBackground do.",
}

// Subscription is a stream of the changes of one table, as one scope sees them. Call Close.
type Subscription struct {
	hub   *Hub
	table *schema.Table
	view  changelog.View
	key   string // of its class

	since int64 // pages after this one are for it

	mu    sync.Mutex
	queue []*Message
	err   error         // that ended it
	wake  chan struct{} // of Next
	ready func()        // called instead when there is something to take

	skip  map[string]bool // changes of coming messages that it has already
	first []*Message      // what it gets before them
	held  []Event         // of messages with more, while some are skipped
}

// Request says what to subscribe to.
type Request struct {
	Table *schema.Table
	View  changelog.View

	// Since is the cursor of a client that continues. Without it the subscription begins now.
	Since changelog.Cursor

	// Snapshot is called before the first message in a transaction, in which the changes that
	// follow are exactly those that the transaction does not see. Nil reads nothing.
	Snapshot func(ctx context.Context, tx *store.Tx) error
}

// Subscribe begins a subscription. The error is [ErrResync] if the log does not have what
// follows Since.
func (h *Hub) Subscribe(ctx context.Context, r Request) (*Subscription, error) {
	if err := h.ready(ctx); err != nil {
		return nil, err
	}
	s := &Subscription{
		hub: h, table: r.Table, view: r.View, key: classKey(r.Table, r.View), wake: make(chan struct{}, 1),
	}
	registered := h.register(s)
	for registered == "" { // the hub has begun anew
		s.Close()
		if err := h.ready(ctx); err != nil {
			return nil, err
		}
		registered = h.register(s)
	}
	err := s.begin(ctx, r, registered)
	if err != nil {
		h.counters.ends(err)
		s.Close()
		return nil, err
	}
	return s, nil
}

// register adds a subscription. It gets the pages after the cursor.
func (h *Hub) register(s *Subscription) changelog.Cursor {
	h.mu.Lock()
	defer h.mu.Unlock()
	s.since = h.page
	t := h.tables[s.table.Name]
	if t == nil {
		t = newClasses()
		h.tables[s.table.Name] = t
	}
	t.add(s)
	return h.cursor
}

// begin reads what comes before the messages of the hub: the snapshot, and the changes after
// Since. Changes that the hub delivers too are skipped there.
func (s *Subscription) begin(ctx context.Context, r Request, registered changelog.Cursor) error {
	if r.Since == "" && r.Snapshot == nil {
		s.first = []*Message{{Cursor: registered}}
		return nil
	}
	opts := store.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true}
	return s.hub.db.TxWith(ctx, opts, func(ctx context.Context, tx *store.Tx) error {
		s.first, s.skip = nil, map[string]bool{}
		end, err := s.replay(ctx, tx, r.Since)
		if err != nil {
			return err
		}
		s.first = append(s.first, &Message{Cursor: end})
		_, err = s.eachPage(ctx, tx, registered, func(changes []changelog.Change) error {
			for _, c := range changes {
				s.skip[c.ID] = true
			}
			return nil
		})
		if len(s.skip) == 0 {
			s.skip = nil // so that position has the cursor of the hub
		}
		if err == nil && r.Snapshot != nil {
			err = r.Snapshot(ctx, tx)
		}
		return err
	})
}

// replay reads the changes after a cursor, none without one, and returns the cursor of now.
func (s *Subscription) replay(ctx context.Context, tx *store.Tx, since changelog.Cursor) (changelog.Cursor, error) {
	var events []Event
	size := 0
	tables := map[string]*schema.Table{s.table.Name: s.table}
	end, err := s.eachPage(ctx, tx, since, func(changes []changelog.Change) error {
		seen, err := eventsOf(ctx, tx, changes, tables, s.view)
		for _, e := range seen {
			if size += len(e.Row); size > maxSnapshotBytes {
				return ErrResync
			}
		}
		events = append(events, seen...)
		return err
	})
	if len(events) > 0 {
		s.first = append(s.first, &Message{Events: events, Cursor: end})
	}
	return end, err
}

// eventsOf returns what a view sees of changes of some tables.
func eventsOf(ctx context.Context, on store.Session, changes []changelog.Change, tables map[string]*schema.Table, view changelog.View) ([]Event, error) {
	all, err := seeAll(ctx, on, changes, view)
	events := []Event{}
	for i, seen := range all {
		if seen.Op != "" {
			events = append(events, newEvent(tables[changes[i].Table], changes[i], seen))
		}
	}
	return events, err
}

// seeAll returns what a view sees of each change.
func seeAll(ctx context.Context, on store.Session, changes []changelog.Change, view changelog.View) ([]changelog.Seen, error) {
	asks := make([]changelog.Ask, len(changes))
	for i, c := range changes {
		j, err := c.Judge(on)
		if err != nil {
			return nil, err
		}
		asks[i] = changelog.Ask{Judge: j, View: view}
	}
	if err := changelog.Decide(ctx, on, asks); err != nil {
		return nil, err
	}
	all := make([]changelog.Seen, len(changes))
	for i, a := range asks {
		var err error
		if all[i], err = a.Judge.See(ctx, view); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// eachPage calls do with the changes of the table after a cursor, page by page, as the
// transaction sees the log.
func (s *Subscription) eachPage(ctx context.Context, tx *store.Tx, after changelog.Cursor, do func([]changelog.Change) error) (changelog.Cursor, error) {
	for n := 0; ; {
		page, err := changelog.ReadIn(ctx, tx, after, &changelog.ReadOptions{Tables: []string{s.table.Name}})
		if errors.Is(err, changelog.ErrResync) {
			return "", ErrResync
		}
		if err != nil {
			return "", err
		}
		if err := do(page.Changes); err != nil {
			return "", err
		}
		after = page.Next
		if n += len(page.Changes); n > s.hub.config.Replay {
			return "", ErrResync
		}
		if !page.More {
			return after, nil
		}
	}
}

// push adds a message. The hub is locked.
func (s *Subscription) push(m *Message) {
	s.mu.Lock()
	full := len(s.queue) >= s.hub.config.Queue
	if !full {
		s.queue = append(s.queue, m)
	}
	s.mu.Unlock()
	if full {
		s.end(ErrSlow)
		return
	}
	s.signal()
}

// end ends the subscription with an error. The hub is locked.
func (s *Subscription) end(err error) {
	s.mu.Lock()
	s.err = cmp.Or(s.err, err)
	s.mu.Unlock()
	s.hub.counters.ends(err)
	s.leave()
	s.signal()
}

// signal says that there is something to take.
func (s *Subscription) signal() {
	s.mu.Lock()
	ready := s.ready
	s.mu.Unlock()
	if ready != nil {
		ready()
		return
	}
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// notify has ready called when there is something to take, now at first. It takes the place of
// Next.
func (s *Subscription) notify(ready func()) {
	s.mu.Lock()
	s.ready = ready
	s.mu.Unlock()
	ready()
}

// take returns the messages that wait and the error that ended the subscription.
func (s *Subscription) take() (messages []*Message, err error) {
	messages, s.first = s.first, nil
	s.mu.Lock()
	queue := s.queue
	s.queue, err = nil, s.err
	s.mu.Unlock()
	for _, m := range queue {
		if m = s.unseen(m); m != nil {
			messages = append(messages, m)
		}
	}
	return messages, err
}

// position returns the cursor of the hub if the subscription has taken all before it, else "".
func (s *Subscription) position() changelog.Cursor {
	s.hub.mu.Lock()
	cursor, page := s.hub.delivered, s.hub.deliveredPage
	s.hub.mu.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	if page <= s.since || s.skip != nil || len(s.first)+len(s.queue) > 0 || s.err != nil {
		return ""
	}
	return cursor
}

// leave removes the subscription from its class. The hub is locked.
func (s *Subscription) leave() {
	t := s.hub.tables[s.table.Name]
	if t == nil {
		return
	}
	t.remove(s)
	if len(t.classes) == 0 {
		delete(s.hub.tables, s.table.Name)
	}
}

// Close ends the subscription.
func (s *Subscription) Close() {
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	s.leave()
}

// Next returns the next message. Messages without events tell a cursor. It returns nil, nil
// after wait. Errors are [ErrResync], [ErrSlow] and that of the context.
func (s *Subscription) Next(ctx context.Context, wait time.Duration) (*Message, error) {
	if len(s.first) > 0 {
		m := s.first[0]
		s.first = s.first[1:]
		return m, nil
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	for {
		m, err := s.pop()
		if m != nil || err != nil {
			return m, err
		}
		select {
		case <-s.wake:
		case <-timer.C:
			return nil, nil
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// pop takes the first message that waits, or else the error that ended the subscription.
func (s *Subscription) pop() (*Message, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.queue) > 0 {
		m := s.queue[0]
		s.queue = s.queue[1:]
		if m = s.unseen(m); m != nil {
			return m, nil
		}
	}
	return nil, s.err
}

// unseen returns a message without the events that the subscription has already, nil if
// nothing is left of it. A cursor in the middle of what was committed at one time would give
// some of these again, so such messages are held until the end.
func (s *Subscription) unseen(m *Message) *Message {
	if s.skip == nil {
		return m
	}
	for _, e := range m.Events {
		if !s.skip[e.ID] {
			s.held = append(s.held, e)
		}
	}
	if m.more || len(s.held) == 0 {
		return nil
	}
	out := &Message{Events: s.held, Cursor: m.Cursor}
	s.skip, s.held = nil, nil // the log is read beyond the begin of the subscription
	return out
}
