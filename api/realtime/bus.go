package realtime

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/seed-7694ebf6/plinth/store"
)

// The bus between instances.
const (
	busChannel = "plinth_broadcast"
	busPause   = 10 * time.Millisecond // between two signals
	busQueue   = 1_000

	// publishTimeout is how long a broadcast waits for the queue of signals.
	publishTimeout = time.Second

	keepBroadcasts = time.Minute // in plinth_broadcasts
)

// bus carries broadcasts to the members of their topics, on this instance and on others.
type bus struct {
	db       *store.DB
	logger   *slog.Logger
	rosters  *rosters
	instance string          // this one, for others
	outgoing chan *broadcast // to other instances
	incoming chan *broadcast // of other instances

	mu      sync.Mutex
	members map[string]map[*channel]struct{} // by topic

	delivered atomic.Uint64
}

func newBus(db *store.DB, logger *slog.Logger, r *rosters) *bus {
	return &bus{
		db: db, logger: logger, rosters: r, instance: rand.Text(),
		outgoing: make(chan *broadcast, busQueue), incoming: make(chan *broadcast, busQueue), members: map[string]map[*channel]struct{}{},
	}
}

// signal is what an instance sends to the others.
type signal struct {
	Instance string       `json:"i"`
	Messages []*broadcast `json:"m,omitempty"`

	Presence *presenceWrite `json:"p,omitempty"`
}

// send delivers a broadcast to members here, and queues it for other instances.
func (b *bus) send(ctx context.Context, m *broadcast) error {
	if err := m.check(); err != nil {
		return err
	}
	b.deliver(m)
	if b.db.Listener() == nil {
		return nil
	}
	timer := time.NewTimer(publishTimeout)
	defer timer.Stop()
	select {
	case b.outgoing <- m:
		return nil
	case <-timer.C:
		return errBusQueue
	case <-ctx.Done():
		return ctx.Err()
	}
}

var errBusQueue = errors.New("realtime: too many broadcasts wait for other instances; Hub.Run sends them")

// deliver sends a broadcast to the members on this instance.
func (b *bus) deliver(m *broadcast) {
	b.mu.Lock()
	members := make([]*channel, 0, len(b.members[m.Topic]))
	for c := range b.members[m.Topic] {
		if c.id != m.From || c.self {
			members = append(members, c)
		}
	}
	b.mu.Unlock()
	b.delivered.Add(uint64(len(members)))
	sendAll(members, m.message)
}

// setMember makes a channel a member of its topic, or ends that.
func (b *bus) setMember(c *channel, member bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	of := b.members[c.topic]
	switch {
	case member && c.ctx.Err() != nil: // it has failed in between
	case member && of == nil:
		b.members[c.topic] = map[*channel]struct{}{c: {}}
	case member:
		of[c] = struct{}{}
	default:
		delete(of, c)
		if len(of) == 0 {
			delete(b.members, c.topic)
		}
	}
}

// receive delivers the broadcasts of other instances until ctx ends.
func (b *bus) receive(ctx context.Context) {
	for ctx.Err() == nil {
		err := b.db.Listener().Listen(ctx, busChannel, func(payload string) {
			var s signal
			if err := json.Unmarshal([]byte(payload), &s); err != nil || s.Instance == b.instance {
				return
			}
			for _, m := range s.Messages {
				select {
				case b.incoming <- m:
				case <-ctx.Done():
				}
			}
			if s.Presence != nil {
				b.rosters.receivePresence(s.Instance, s.Presence)
			}
		})
		if ctx.Err() != nil || errors.Is(err, errors.ErrUnsupported) {
			return
		}
		b.logger.WarnContext(ctx, "realtime: broadcasts of other instances are interrupted", "error", err)
		b.rosters.missed()
		pause(ctx, time.Second)
	}
}

// transmit sends queued broadcasts to other instances until ctx ends, several in one signal.
func (b *bus) transmit(ctx context.Context) {
	old := time.NewTicker(keepBroadcasts)
	defer old.Stop()
	var next *broadcast
	for {
		for next == nil {
			select {
			case m := <-b.outgoing:
				next = b.portable(ctx, m)
			case <-old.C:
				b.sweep(ctx)
			case <-ctx.Done():
				return
			}
		}
		s := signal{Instance: b.instance, Messages: []*broadcast{next}}
		text := encode(s)
		next = nil
	more:
		for {
			select {
			case m := <-b.outgoing:
				if m = b.portable(ctx, m); m == nil {
					continue
				}
				longer := encode(signal{Instance: b.instance, Messages: append(s.Messages, m)})
				if len(longer) > maxSignal {
					next = m
					break more
				}
				s.Messages, text = append(s.Messages, m), longer
			default:
				break more
			}
		}
		if err := b.db.Listener().Notify(ctx, busChannel, string(text)); err != nil && ctx.Err() == nil {
			b.logger.WarnContext(ctx, "realtime: a broadcast did not reach other instances", "error", err)
		}
		pause(ctx, busPause)
	}
}

// maxSignal is the size of a NOTIFY of PostgreSQL, 8,000 bytes with its end.
const maxSignal = 7_999

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// portable returns a broadcast as a signal carries it: one that is too large is stored, and its
// row is named. It is nil if that fails.
func (b *bus) portable(ctx context.Context, m *broadcast) *broadcast {
	if len(encode(signal{Instance: b.instance, Messages: []*broadcast{m}})) <= maxSignal {
		return m
	}
	stored := &broadcast{}
	q := store.SQL{
		Text: "insert into plinth_broadcasts (message) values ($1) returning id", Args: []any{string(encode(m))},
		Columns: []store.Kind{store.KindInt}, Writes: true,
	}
	if err := q.Rows(ctx, b.db, func(values [][]byte) error { return scan(values, &stored.Row) }); err != nil {
		b.logger.WarnContext(ctx, "realtime: a broadcast did not reach other instances", "error", err)
		return nil
	}
	return stored
}

// deliverIncoming delivers the broadcasts of other instances in their order until ctx ends.
func (b *bus) deliverIncoming(ctx context.Context) {
	for {
		select {
		case m := <-b.incoming:
			if m = b.load(ctx, m); m != nil {
				b.deliver(m)
			}
		case <-ctx.Done():
			return
		}
	}
}

// load returns a broadcast that may be stored, nil if it cannot be read.
func (b *bus) load(ctx context.Context, m *broadcast) *broadcast {
	if m.Row == 0 {
		return m
	}
	loaded := &broadcast{}
	q := store.SQL{Text: "select message from plinth_broadcasts where id = $1", Args: []any{m.Row}, Columns: []store.Kind{store.KindText}, Writes: true}
	err := q.Rows(ctx, b.db, func(values [][]byte) error {
		var text string
		if err := scan(values, &text); err != nil {
			return err
		}
		return json.Unmarshal([]byte(text), loaded)
	})
	if err != nil || loaded.Topic == "" {
		b.logger.WarnContext(ctx, "realtime: a broadcast of another instance cannot be read", "error", err)
		return nil
	}
	return loaded
}

// sweep deletes stored broadcasts, which all instances have read.
func (b *bus) sweep(ctx context.Context) {
	q := store.SQL{
		Text: "delete from plinth_broadcasts where sent_at < clock_timestamp() - cast($1 as bigint) * interval '1 microsecond'",
		Args: []any{keepBroadcasts.Microseconds()}, Writes: true,
	}
	if _, err := q.Exec(ctx, b.db); err != nil && ctx.Err() == nil {
		b.logger.WarnContext(ctx, "realtime: stored broadcasts were not deleted", "error", err)
	}
}
