package redis

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/redis/rueidis"
)

// A server that says nothing is asked for a sign of life after alive, and has as long
// to give it. What it forgets is heard of within twice that, or the session ends.
const alive = 500 * time.Millisecond

// connectTo begins a session with one server.
func (c *Client) connectTo(ctx context.Context, address string) (*session, error) {
	s := &session{client: c}
	c.mu.Lock()
	c.number++
	s.number = c.number
	c.mu.Unlock()

	option := c.target
	option.InitAddress = []string{address}
	option.Dialer = net.Dialer{Timeout: c.opts.ConnectTimeout, KeepAlive: alive}
	option.ConnWriteTimeout = alive
	option.ForceSingleClient = true
	option.DisableRetry = true
	option.DisableCache = true // what is read is kept decoded, by Cache
	option.AlwaysPipelining = true
	option.PipelineMultiplex = -1 // one connection
	option.ReadBufferEachConn, option.WriteBufferEachConn = 64<<10, 64<<10
	option.OnInvalidations = func([]rueidis.RedisMessage) { s.invalidated() }
	option.DialFn = nil
	option.DialCtxFn = s.dial(ctx, c.target)

	conn, err := rueidis.NewClient(option)
	if err == nil {
		s.conn = conn
		err = s.begin(ctx)
	}
	if err == nil {
		err = s.quick(ctx)
	}
	if err != nil {
		s.end(err)
		if conn != nil {
			conn.Close()
		}
		return nil, err
	}
	s.began = time.Now()
	return s, nil
}

// dial returns a dial function that connects only once. So all commands go to the server
// process that the session has identified.
func (s *session) dial(try context.Context, target rueidis.ClientOption) func(context.Context, string, *net.Dialer, *tls.Config) (net.Conn, error) {
	var used atomic.Bool
	return func(_ context.Context, address string, dialer *net.Dialer, config *tls.Config) (conn net.Conn, err error) {
		if used.Swap(true) {
			return nil, errEnded
		}
		defer func() { // of a function in the TLS configuration, which no handler guards
			if p := recover(); p != nil {
				conn, err = nil, fmt.Errorf("redis: connecting panicked: %v", p)
			}
		}()
		switch {
		case target.DialCtxFn != nil: // a Unix socket
			conn, err = target.DialCtxFn(try, address, dialer, config)
		case config != nil:
			conn, err = (&tls.Dialer{NetDialer: dialer, Config: config}).DialContext(try, "tcp", address)
		default:
			conn, err = dialer.DialContext(try, "tcp", address)
		}
		if err != nil {
			return nil, err
		}
		g := &guard{Conn: conn}
		s.wire.Store(g)
		return g, nil
	}
}

// invalidated hears that the root is not what it was, or that the connection is lost.
func (s *session) invalidated() {
	if wire := s.wire.Load(); wire == nil || wire.closed.Load() {
		s.end(errEnded)
		return
	}
	s.end(errGone)
}

// end ends the session. Only the first cause is recorded. Closing the connection ends the
// operations that wait for it, and the library releases its resources.
func (s *session) end(cause error) {
	if s.ended.Swap(true) {
		return
	}
	s.client.ends(s, cause)
	if wire := s.wire.Load(); wire != nil {
		wire.Close()
	}
}

// failed judges an error of an operation: trouble with the server ends the session
// at once, or when it lasts.
func (s *session) failed(err error) {
	if err == nil {
		if s.failures.Load() != 0 {
			s.failures.Store(0)
		}
		return
	}
	if answer, ok := rueidis.IsRedisErr(err); ok {
		if answer.IsLoading() || hasAnyPrefix(answer.Error(), "READONLY", "MASTERDOWN", "BUSY", "NOREPLICAS", "MISCONF") {
			s.end(err)
		}
		return // an answer is a sign of life
	}
	if errors.Is(err, errGone) || errors.Is(err, errGarbage) || !errors.Is(err, context.DeadlineExceeded) || s.failures.Add(1) >= failuresAtMost {
		s.end(err)
	}
}

func hasAnyPrefix(text string, prefixes ...string) bool {
	return slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(text, p) })
}
