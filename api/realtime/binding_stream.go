package realtime

import (
	"cmp"
	"sync"
	"time"

	"github.com/coder/websocket"

	"github.com/seed-7694ebf6/plinth/store/changelog"
)

// bindingStream is the subscription of a binding to one table. Its socket sends the events.
type bindingStream struct {
	channel *channel
	binding *binding
	view    *tableView
	sub     *Subscription
	fresh   bool // it began without a cursor
	queued  bool // the socket is about to send; its queue is locked

	mu         sync.Mutex
	closed     bool
	cursorSent time.Time        // the client was sent the cursor
	cursor     changelog.Cursor // behind what was sent
}

// send sends what the subscription has, and its cursor at first and every ten seconds.
func (b *bindingStream) send() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	c := b.channel
	if b.closed || c.ctx.Err() != nil {
		return nil
	}
	messages, err := b.sub.take()
	for _, m := range messages {
		for i := range m.Events {
			if err := b.sendEvent(&m.Events[i]); err != nil {
				return err
			}
		}
		b.cursor = m.Cursor
	}
	if err != nil {
		c.fail(err.Error())
		return nil
	}
	if time.Since(b.cursorSent) >= cursorEvery {
		b.cursor = cmp.Or(b.sub.position(), b.cursor)
		c.system(systemEvent{Extension: "postgres_changes", Status: "ok", Message: "Subscribed to PostgreSQL", Since: b.cursor, Resync: b.fresh && b.cursorSent.IsZero()})
		b.cursorSent = time.Now()
	}
	return nil
}

// sendEvent sends an event, if the binding is about it. All receivers share its data.
func (b *bindingStream) sendEvent(e *Event) error {
	kind, ok := b.binding.wants(e)
	if !ok {
		return nil
	}
	buffer := frameBuffers.Get().(*[]byte)
	defer frameBuffers.Put(buffer)
	data := e.shared.encode(func() []byte { return changeData(b.view, e, kind) })
	*buffer = b.channel.socket.appendChange((*buffer)[:0], b.channel.topic, b.binding.ID, data)
	return b.channel.socket.writeMessage(websocket.MessageText, *buffer)
}

var frameBuffers = sync.Pool{New: func() any { return new([]byte) }}

// close ends the subscription and returns its cursor. Nothing is sent afterwards.
func (b *bindingStream) close() changelog.Cursor {
	b.sub.Close()
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
	return b.cursor
}

// sharedBytes are made once, for all receivers.
type sharedBytes struct {
	once sync.Once
	data []byte
}

func (s *sharedBytes) encode(data func() []byte) []byte {
	s.once.Do(func() { s.data = data() })
	return s.data
}
