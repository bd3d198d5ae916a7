package realtime

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/seed-7694ebf6/plinth/store"
)

// The bus between instances.
const (
	busChannel = "plinth_broadcast"
	busPause   = 10 * time.Millisecond // between two signals
	busQueue   = 1_000

	keepBroadcasts = time.Minute // in plinth_broadcasts
)

// signal is what an instance sends to the others.
type signal struct {
	Instance string       `json:"i"`
	Messages []*broadcast `json:"m,omitempty"`

	Presence *presenceWrite `json:"p,omitempty"`
}

// receive delivers the broadcasts of other instances until ctx ends.
func (h *Hub) receive(ctx context.Context) {
	for ctx.Err() == nil {
		err := h.db.Listener().Listen(ctx, busChannel, func(payload string) {
			var s signal
			if err := json.Unmarshal([]byte(payload), &s); err != nil || s.Instance == h.instance {
				return
			}
			for _, b := range s.Messages {
				select {
				case h.incoming <- b:
				case <-ctx.Done():
				}
			}
			if s.Presence != nil {
				h.rosters.receivePresence(s.Instance, s.Presence)
			}
		})
		if ctx.Err() != nil || errors.Is(err, errors.ErrUnsupported) {
			return
		}
		h.config.Logger.WarnContext(ctx, "realtime: broadcasts of other instances are interrupted", "error", err)
		h.rosters.missed()
		pause(ctx, time.Second)
	}
}

// transmit sends queued broadcasts to other instances until ctx ends, several in one signal.
func (h *Hub) transmit(ctx context.Context) {
	sweep := time.NewTicker(keepBroadcasts)
	defer sweep.Stop()
	var next *broadcast
	for {
		for next == nil {
			select {
			case b := <-h.outgoing:
				next = h.portable(ctx, b)
			case <-sweep.C:
				h.sweepBroadcasts(ctx)
			case <-ctx.Done():
				return
			}
		}
		s := signal{Instance: h.instance, Messages: []*broadcast{next}}
		text := encode(s)
		next = nil
	more:
		for {
			select {
			case b := <-h.outgoing:
				if b = h.portable(ctx, b); b == nil {
					continue
				}
				longer := encode(signal{Instance: h.instance, Messages: append(s.Messages, b)})
				if len(longer) > maxSignal {
					next = b
					break more
				}
				s.Messages, text = append(s.Messages, b), longer
			default:
				break more
			}
		}
		if err := h.db.Listener().Notify(ctx, busChannel, string(text)); err != nil && ctx.Err() == nil {
			h.config.Logger.WarnContext(ctx, "realtime: a broadcast did not reach other instances", "error", err)
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
func (h *Hub) portable(ctx context.Context, b *broadcast) *broadcast {
	if len(encode(signal{Instance: h.instance, Messages: []*broadcast{b}})) <= maxSignal {
		return b
	}
	stored := &broadcast{}
	q := store.SQL{
		Text: "insert into plinth_broadcasts (message) values ($1) returning id", Args: []any{string(encode(b))},
		Columns: []store.Kind{store.KindInt}, Writes: true,
	}
	if err := q.Rows(ctx, h.db, func(values [][]byte) error { return scan(values, &stored.Row) }); err != nil {
		h.config.Logger.WarnContext(ctx, "realtime: a broadcast did not reach other instances", "error", err)
		return nil
	}
	return stored
}

// deliverIncoming delivers the broadcasts of other instances in their order until ctx ends.
func (h *Hub) deliverIncoming(ctx context.Context) {
	for {
		select {
		case b := <-h.incoming:
			if b = h.load(ctx, b); b != nil {
				h.deliverLocal(b)
			}
		case <-ctx.Done():
			return
		}
	}
}

// load returns a broadcast that may be stored, nil if it cannot be read.
func (h *Hub) load(ctx context.Context, b *broadcast) *broadcast {
	if b.Row == 0 {
		return b
	}
	loaded := &broadcast{}
	q := store.SQL{Text: "select message from plinth_broadcasts where id = $1", Args: []any{b.Row}, Columns: []store.Kind{store.KindText}, Writes: true}
	err := q.Rows(ctx, h.db, func(values [][]byte) error {
		var text string
		if err := scan(values, &text); err != nil {
			return err
		}
		return json.Unmarshal([]byte(text), loaded)
	})
	if err != nil || loaded.Topic == "" {
		h.config.Logger.WarnContext(ctx, "realtime: a broadcast of another instance cannot be read", "error", err)
		return nil
	}
	return loaded
}

// sweepBroadcasts deletes stored broadcasts, which all instances have read.
func (h *Hub) sweepBroadcasts(ctx context.Context) {
	q := store.SQL{
		Text: "delete from plinth_broadcasts where sent_at < clock_timestamp() - cast($1 as bigint) * interval '1 microsecond'",
		Args: []any{keepBroadcasts.Microseconds()}, Writes: true,
	}
	if _, err := q.Exec(ctx, h.db); err != nil && ctx.Err() == nil {
		h.config.Logger.WarnContext(ctx, "realtime: stored broadcasts were not deleted", "error", err)
	}
}
