package realtime

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/coder/websocket"
)

// maxQueued is the number of messages beside events that may wait for a slow client.
const maxQueued = 1_000

// maxQueuedBytes is their size. One message may be larger.
const maxQueuedBytes = 4 << 20

// outgoing is what waits to be sent to a client: messages, and subscriptions with events. A
// goroutine writes while there is something.
type outgoing struct {
	mu       sync.Mutex
	messages []message
	size     int // of messages
	ready    []*bindingStream
	writing  bool
	ended    bool
	timer    *time.Timer // of a message that is being written
}

// message is a message of a socket.
type message struct {
	kind websocket.MessageType
	data []byte
}

// send queues a frame. A client that does not read is disconnected, and resumes.
func (s *socket) send(f frame) {
	text, err := f.encode(s.version)
	if err != nil {
		s.stop(err)
		return
	}
	s.sendMessage(message{websocket.MessageText, text})
}

func (s *socket) sendMessage(m message) {
	s.out.mu.Lock()
	defer s.out.mu.Unlock()
	if n := len(s.out.messages); n >= maxQueued || n > 0 && s.out.size+len(m.data) > maxQueuedBytes {
		s.hub.counters.ends(ErrSlow)
		s.stop(ErrSlow)
		return
	}
	s.out.messages, s.out.size = append(s.out.messages, m), s.out.size+len(m.data)
	s.wakeWriter()
}

// sendEvents queues the events of a subscription.
func (s *socket) sendEvents(b *bindingStream) {
	s.out.mu.Lock()
	defer s.out.mu.Unlock()
	if !b.queued {
		b.queued = true
		s.out.ready = append(s.out.ready, b)
		s.wakeWriter()
	}
}

// wakeWriter starts the writer unless it runs. s.out is locked.
func (s *socket) wakeWriter() {
	if !s.out.writing && !s.out.ended {
		s.out.writing = true
		go s.write()
	}
}

// endWriter lets no writer begin any more.
func (s *socket) endWriter() {
	s.out.mu.Lock()
	defer s.out.mu.Unlock()
	s.out.ended = true
}

// write sends until nothing waits. What comes while it sends goes out at once.
func (s *socket) write() {
	s.out.timer = time.AfterFunc(writeTimeout, func() { _ = s.conn.CloseNow() })
	defer s.out.timer.Stop()
	for {
		messages, ready := s.takeOutgoing()
		if messages == nil && ready == nil {
			return
		}
		err := s.wire.gather(func() error {
			for _, m := range messages {
				if err := s.writeMessage(m.kind, m.data); err != nil {
					return err
				}
			}
			for _, b := range ready {
				if err := b.send(); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			s.stop(err)
			_ = s.conn.CloseNow()
		}
	}
}

// writeMessage writes a message. A context with a deadline would cost more than the timer.
func (s *socket) writeMessage(kind websocket.MessageType, data []byte) error {
	s.out.timer.Reset(writeTimeout)
	return s.conn.Write(context.Background(), kind, data)
}

// takeOutgoing takes what waits. Without anything the writer ends.
func (s *socket) takeOutgoing() ([]message, []*bindingStream) {
	s.out.mu.Lock()
	defer s.out.mu.Unlock()
	messages, ready := s.out.messages, s.out.ready
	s.out.messages, s.out.ready, s.out.size = nil, nil, 0
	for _, b := range ready {
		b.queued = false
	}
	s.out.writing = len(messages)+len(ready) > 0
	return messages, ready
}

// shut closes the connection when its context has ended.
func (s *socket) shut(ctx context.Context) {
	status, reason := websocket.StatusGoingAway, "the server ends; come back"
	if errors.Is(context.Cause(ctx), ErrSlow) {
		status, reason = websocket.StatusTryAgainLater, "the client is too slow"
	}
	_ = s.conn.Close(status, reason)
}
