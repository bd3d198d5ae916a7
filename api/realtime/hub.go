package realtime

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path"
	"sync"
	"time"

	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/changelog"
	"github.com/seed-7694ebf6/plinth/store/schema"
)

// Config configures a [Hub].
type Config struct {
	// Authenticator authenticates requests, as api.Config.Authenticator does. Nil takes the
	// principal of an outer middleware.
	Authenticator auth.Authenticator

	// Queue is the number of messages that may wait for a slow subscriber. The next one ends
	// its stream, and the client continues at its cursor.
	//
	// Defaults to 256.
	Queue int

	// Channels are the rules of broadcasts and presence.
	//
	// Defaults to none, so that there are no broadcasts and no presence.
	Channels []Channel

	// History says who sees actors and origins in [Hub.History].
	//
	// Defaults to no caller.
	History HistoryGates

	// Limits bound what clients may use by sockets.
	Limits Limits

	// Replay is the largest number of changes between the cursor of a client and now. A
	// client that was away for longer must read the list again.
	//
	// Defaults to 10,000.
	Replay int

	// Logger gets what operators should know.
	//
	// Defaults to slog.Default.
	Logger *slog.Logger
}

// Hub reads the change log of a database for all subscribers of a process. Make one with
// [New], and call [Hub.Run]. It is safe for concurrent use.
type Hub struct {
	api    *api.API
	db     *store.DB
	config Config

	mu            sync.Mutex
	cursor        changelog.Cursor // behind the page that is being delivered
	page          int64            // its number
	delivered     changelog.Cursor // behind the last page that all subscribers have
	deliveredPage int64
	wanted        chan struct{}    // closed by the first subscriber
	want          func()           // closes wanted
	live          chan struct{}    // closed when there is a cursor
	passed        chan struct{}    // closed and replaced at each page
	latest        map[string]int64 // the last page with a change, by table
	tables        map[string]*classes
	unfinished    map[*class]struct{} // whose last message had more

	sockets map[*socket]struct{}
	serving sync.WaitGroup // of sockets
	closed  bool

	bus      *bus
	counters counters
	rosters  *rosters
	quotas   *quotas
	askEvery time.Duration // see askEvery
}

// New returns a hub for the resources of an API.
func New(a *api.API, db *store.DB, config Config) (*Hub, error) {
	if a == nil || db == nil {
		return nil, errors.New("realtime: an API and its database are required")
	}
	config.Queue = cmp.Or(max(config.Queue, 0), 256)
	config.Replay = cmp.Or(max(config.Replay, 0), 10_000)
	if config.Logger == nil {
		config.Logger = slog.Default()
	}
	for _, c := range config.Channels {
		if _, err := path.Match(c.Pattern, ""); err != nil || c.Pattern == "" {
			return nil, fmt.Errorf("realtime: the pattern of a channel cannot be read: %q", c.Pattern)
		}
	}
	quotas, err := newQuotas(config.Limits)
	if err != nil {
		return nil, err
	}
	rosters := newRosters(presenceIsShared(db, config.Channels))
	wanted := make(chan struct{})
	return &Hub{
		wanted: wanted, want: sync.OnceFunc(func() { close(wanted) }),
		api: a, db: db, config: config,
		live: make(chan struct{}), passed: make(chan struct{}), latest: map[string]int64{}, tables: map[string]*classes{},
		bus: newBus(db, config.Logger, rosters), quotas: quotas, askEvery: askEvery, rosters: rosters,
		unfinished: map[*class]struct{}{}, sockets: map[*socket]struct{}{},
	}, nil
}

// Run delivers changes until ctx ends, and then returns nil. It reads the log from the first
// subscriber on. Without Run subscribers wait.
func (h *Hub) Run(ctx context.Context) error {
	ctx, stop := context.WithCancel(ctx)
	var beside sync.WaitGroup
	defer beside.Wait()
	defer stop()
	defer h.closeSockets()
	h.mu.Lock()
	h.closed = false // also after a failure
	h.mu.Unlock()
	if h.db.Listener() != nil {
		beside.Go(func() { h.bus.transmit(ctx) })
	}
	if h.db.Listener() != nil && len(h.config.Channels) > 0 {
		beside.Go(func() { h.bus.receive(ctx) })
		beside.Go(func() { h.bus.deliverIncoming(ctx) })
	}
	if h.rosters.peers.used {
		beside.Go(func() { (&leaseholder{hub: h}).run(ctx) })
	}
	select {
	case <-h.wanted:
	case <-ctx.Done():
		return nil
	}
	for {
		h.mu.Lock()
		after := h.cursor
		h.mu.Unlock()
		err := changelog.Follow(ctx, h.db, after, nil, h.deliver)
		if !errors.Is(err, changelog.ErrResync) {
			h.interrupt(ErrInterrupted, 0, "")
			return err
		}
		h.config.Logger.WarnContext(ctx, "realtime: changes are lost, all subscribers start over", "error", err)
		h.interrupt(ErrResync, 0, "")
	}
}

// interrupt ends the subscriptions that began with a page or later, and goes back to the cursor
// before it. Without a cursor the hub begins anew, and new subscriptions wait for that.
func (h *Hub) interrupt(err error, page int64, before changelog.Cursor) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.cursor = before; before == "" {
		h.live = make(chan struct{})
	}
	for _, t := range h.tables {
		for _, c := range t.classes {
			for s := range c.subscribers {
				if s.since >= page {
					s.end(err)
				}
			}
		}
	}
}

// deliver judges the changes of a page once for each class that they may concern, and passes
// what it sees to its subscribers. It is called again after an error of the database.
func (h *Hub) deliver(ctx context.Context, page changelog.Page) error {
	judges := make([]*changelog.Judge, len(page.Changes))
	for i, change := range page.Changes {
		var err error
		if judges[i], err = change.Judge(h.db); err != nil {
			return err
		}
	}
	h.counters.reads(page)
	before, number, concerned := h.begin(page, judges)
	found := map[*class][]Event{}
	for from := 0; from < len(judges); {
		to, err := h.decide(ctx, judges, concerned, from)
		for ; from < to && err == nil; from++ {
			err = h.judge(ctx, page.Changes[from], judges[from], concerned[from], found)
		}
		if err != nil {
			// The next attempt may read more, which subscriptions of this one have in part.
			h.interrupt(ErrInterrupted, number, before)
			return err
		}
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for c, events := range found {
		h.push(c, &Message{Events: events, Cursor: page.Next, more: page.More}, number)
	}
	if !page.More {
		for c := range h.unfinished {
			h.push(c, &Message{Cursor: page.Next}, number)
		}
		h.delivered, h.deliveredPage = page.Next, number
	}
	h.counters.delivers(page, h.db.Now())
	close(h.passed)
	h.passed = make(chan struct{})
	return nil
}

// decideAtOnce is the number of questions that are in memory at a time.
const decideAtOnce = 10_000

// decide asks the database about changes from one on whose rules need it, and returns the end
// of these changes. It fails if the database does.
func (h *Hub) decide(ctx context.Context, judges []*changelog.Judge, concerned [][]*class, from int) (to int, err error) {
	var asks []changelog.Ask
	for to = from; to < len(judges) && len(asks) < decideAtOnce; to++ {
		for _, c := range concerned[to] {
			if c.asks {
				asks = append(asks, changelog.Ask{Judge: judges[to], View: c.view})
			}
		}
	}
	if err := decide(ctx, h.config.Logger, h.db, asks); isAway(ctx, err) {
		return to, err
	}
	return to, nil // the rules that failed fail again for their own classes
}

// judge adds what classes see of a change. It fails if the database does.
func (h *Hub) judge(ctx context.Context, change changelog.Change, j *changelog.Judge, concerned []*class, found map[*class][]Event) error {
	for _, c := range concerned {
		seen, err := see(ctx, h.config.Logger, j, c.view)
		switch {
		case isAway(ctx, err):
			return err
		case err != nil: // of the rule or the filter of this class
			h.config.Logger.WarnContext(ctx, "realtime: a change cannot be judged for its subscribers", "table", c.table.Name, "error", err)
			h.endClass(c)
		case seen.Op != "":
			found[c] = append(found[c], newEvent(c.table, change, seen))
		}
	}
	return nil
}

// isAway reports whether an error is that of the database or of the end of the hub.
func isAway(ctx context.Context, err error) bool {
	return err != nil && (ctx.Err() != nil || errors.Is(err, store.ErrUnavailable))
}

// begin makes a page the present one, and returns the classes that each of its changes may
// concern. Later subscriptions read its changes from the log.
func (h *Hub) begin(page changelog.Page, judges []*changelog.Judge) (before changelog.Cursor, number int64, concerned [][]*class) {
	h.mu.Lock()
	defer h.mu.Unlock()
	before = h.cursor
	h.page++
	if h.cursor == "" {
		close(h.live)
	}
	h.cursor = page.Next
	concerned = make([][]*class, len(judges))
	for i, change := range page.Changes {
		h.latest[change.Table] = h.page
		if t := h.tables[change.Table]; t != nil {
			concerned[i] = t.concernedBy(judges[i])
		}
	}
	return before, h.page, concerned
}

// endClass ends the subscriptions of a class.
func (h *Hub) endClass(c *class) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for s := range c.subscribers {
		s.end(ErrInterrupted)
	}
}

// ready waits until the hub reads the log.
func (h *Hub) ready(ctx context.Context) error {
	h.want()
	h.mu.Lock()
	live := h.live
	h.mu.Unlock()
	select {
	case <-live:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(startTimeout):
		return errNotRunning
	}
}

// seen returns the number of the present page.
func (h *Hub) seen() int64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.page
}

// await waits for a page after one that has a change of a table, at most until end, and reports
// whether there is one.
func (h *Hub) await(ctx context.Context, tables map[string]*schema.Table, after int64, end time.Time) bool {
	timer := time.NewTimer(time.Until(end))
	defer timer.Stop()
	for {
		h.mu.Lock()
		passed := h.passed
		for name := range tables {
			if h.latest[name] > after {
				h.mu.Unlock()
				return true
			}
		}
		h.mu.Unlock()
		select {
		case <-ctx.Done():
			return false
		case <-timer.C:
			return false
		case <-passed:
		}
	}
}

// Stats returns the figures of the hub.
func (h *Hub) Stats() Stats {
	now, n := h.db.Now(), &h.counters
	s := Stats{
		Channels: int(n.channels.Load()), Changes: n.changes.Load(), Delay: time.Duration(n.delay.Load()),
		Dropped: n.dropped.Load(), Lost: n.lost.Load(), Broadcasts: h.bus.delivered.Load(),
	}
	if behind := n.behind.Load(); behind != 0 {
		s.Lag = max(now.Sub(time.Unix(0, behind)), 0)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	s.Sockets = len(h.sockets)
	for _, t := range h.tables {
		s.Classes += len(t.classes)
		for _, c := range t.classes {
			s.Subscriptions += len(c.subscribers)
		}
	}
	return s
}
