package redis

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/rueidis"
)

// ClientOptions tune a [Client].
type ClientOptions struct {
	// URL is redis://user:password@host:port/db, rediss:// for TLS, or
	// unix:///path/to/socket. Parameters addr=host:port name further servers: the
	// first one that is a master and answers is used.
	//
	// Defaults to redis://127.0.0.1:6379.
	URL string

	// TLS is used for rediss:// in place of a configuration with the system's
	// certificates. Without a ServerName in it each server has to have a certificate
	// of the host by which the URL names it.
	TLS *tls.Config

	// Prefix begins every key, for servers that are shared with others. It has no
	// colons, spaces or full stops.
	//
	// Defaults to "plinth".
	Prefix string

	// Version belongs to the prefix. Change it when the encoding of values changes, so
	// that old values are not read. It must not contain colons or spaces.
	Version string

	// Timeout ends each operation. It bounds what a request waits for a server in
	// trouble, until that is noticed.
	//
	// Defaults to 20 milliseconds.
	Timeout time.Duration

	// ConnectTimeout limits each attempt to connect to one of the servers. Operations
	// wait at most Timeout for it.
	//
	// Defaults to a second.
	ConnectTimeout time.Duration

	// Logger receives when the server is lost and found.
	//
	// Defaults to slog.Default().
	Logger *slog.Logger
}

func (o ClientOptions) withDefaults() ClientOptions {
	o.URL = cmp.Or(o.URL, "redis://127.0.0.1:6379")
	o.Prefix = cmp.Or(o.Prefix, "plinth")
	o.Timeout = cmp.Or(o.Timeout, 20*time.Millisecond)
	o.ConnectTimeout = cmp.Or(o.ConnectTimeout, time.Second)
	o.Logger = cmp.Or(o.Logger, slog.Default())
	return o
}

// Client is a connection to Redis that caches, limiters and locks share. It connects on
// first use and reconnects after failures, at most once per second. It is safe for
// concurrent use.
type Client struct {
	opts    ClientOptions
	target  rueidis.ClientOption
	prefix  string
	channel string

	current atomic.Pointer[session]

	mu         sync.Mutex
	closed     bool
	connecting chan struct{} // closed when the try that is under way has ended
	patient    bool          // whether operations wait for that try
	number     uint64        // of the last session
	pause      time.Duration // before the next try
	next       time.Time     // when it may be
	cause      error         // of the last trouble
	debts      map[uint16]struct{}
	work       sync.WaitGroup
}

// How long a client waits before it tries to connect again.
const (
	firstPause   = time.Second
	longestPause = 5 * time.Second
)

// How long an epoch lives without use, and a value at most, which is less.
const (
	epochLife  = 8 * 24 * time.Hour
	longestTTL = 7 * 24 * time.Hour
)

// NewClient returns a client, which connects when it is used first. Close ends it.
func NewClient(opts ClientOptions) (*Client, error) {
	opts = opts.withDefaults()
	target, err := rueidis.ParseURL(opts.URL)
	switch {
	case err != nil:
		return nil, errors.New("redis: the URL cannot be read") // which has a password in it
	case target.Sentinel.MasterSet != "" || target.AlwaysRESP2:
		return nil, errors.New("redis: the URL asks for sentinels or for RESP2, which are not supported")
	case opts.Timeout < 0 || opts.ConnectTimeout < 0:
		return nil, errors.New("redis: a timeout is negative")
	case strings.ContainsAny(opts.Prefix+opts.Version, ": "):
		return nil, errors.New("redis: prefix and version must not have colons or spaces")
	case strings.Contains(opts.Prefix, "."):
		return nil, errors.New("redis: the prefix must not have a full stop, after which the version is")
	}
	if target.TLSConfig != nil {
		target.TLSConfig.ServerName = "" // that of the first server: each has its own
		if opts.TLS != nil {
			target.TLSConfig = opts.TLS.Clone()
		}
	}
	prefix := opts.Prefix
	if opts.Version != "" {
		prefix += "." + opts.Version
	}
	// Channels are the same in all databases of a server.
	channel := prefix + ":forgotten:" + strconv.Itoa(target.SelectDB)
	return &Client{opts: opts, target: target, prefix: prefix, channel: channel}, nil
}

// Close ends the connection. Operations fail with ErrClosed from then on.
func (c *Client) Close() {
	c.mu.Lock()
	c.closed = true
	s := c.current.Load()
	c.mu.Unlock()
	if s != nil {
		s.end(ErrClosed)
	}
	c.work.Wait()
}

// session returns the session to use. Without one it begins a try to connect, where
// that may be, and waits for it only if there was no trouble before.
func (c *Client) session(ctx context.Context) (*session, error) {
	if s := c.current.Load(); s != nil {
		return s, nil
	}
	c.mu.Lock()
	if s := c.current.Load(); s != nil || c.closed {
		c.mu.Unlock()
		if s == nil {
			return nil, ErrClosed
		}
		return s, nil
	}
	if c.connecting == nil {
		if time.Now().Before(c.next) {
			defer c.mu.Unlock()
			return nil, unavailable(c.cause)
		}
		c.connecting, c.patient = make(chan struct{}), c.cause == nil
		done := c.connecting
		c.work.Go(func() { c.try(done) })
	}
	done, patient := c.connecting, c.patient
	c.mu.Unlock()
	if !patient {
		return nil, unavailable(nil)
	}
	timer := time.NewTimer(c.opts.Timeout)
	defer timer.Stop()
	select {
	case <-done:
	case <-timer.C:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if s := c.current.Load(); s != nil {
		return s, nil
	}
	return nil, unavailable(nil)
}

// try connects once.
func (c *Client) try(done chan struct{}) {
	s, err := c.connect()
	if err == nil {
		err = c.publish(s)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.connecting = nil
	close(done)
	if err == nil {
		c.opts.Logger.Info("redis: connected")
		return
	}
	c.pause = nextPause(c.pause)
	c.next, c.cause = time.Now().Add(c.pause), err
	c.opts.Logger.Warn("redis: connecting failed", "error", err, "pause", c.pause)
}

// nextPause returns the pause after one that was too short.
func nextPause(last time.Duration) time.Duration {
	return min(max(2*last, firstPause), longestPause)
}

// connect returns a session with the first of the servers that is ready for one. Each has
// a time of its own, so that one that hangs leaves some to the others.
func (c *Client) connect() (*session, error) {
	var failures []error
	for _, address := range c.target.InitAddress {
		if c.isClosed() {
			return nil, ErrClosed
		}
		ctx, cancel := context.WithTimeout(context.Background(), c.opts.ConnectTimeout)
		s, err := c.connectTo(ctx, address)
		cancel()
		if err == nil {
			return s, nil
		}
		failures = append(failures, err)
	}
	return nil, errors.Join(failures...)
}

func (c *Client) isClosed() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.closed
}

// publish makes a session current after it has sent all pending invalidations to Redis.
// Each batch of them has the timeout of a purge.
func (c *Client) publish(s *session) error {
	for {
		c.mu.Lock()
		if len(c.debts) == 0 && !c.closed && !s.ended.Load() {
			c.current.Store(s)
			c.pause, c.cause, c.next = 0, nil, time.Time{}
			c.mu.Unlock()
			return nil
		}
		debts, closed := c.debts, c.closed
		c.debts = nil
		c.mu.Unlock()
		var err error
		switch {
		case closed:
			err = ErrClosed
		case s.ended.Load():
			err = errEnded
		default:
			err = s.pay(context.Background(), debts)
		}
		if err != nil {
			c.owe(debts)
			s.end(err)
			return err
		}
	}
}

// owe records invalidations that could not be sent. The cache serves nothing until they
// are sent.
func (c *Client) owe(stripes map[uint16]struct{}) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.debts == nil {
		c.debts = make(map[uint16]struct{}, len(stripes))
	}
	for stripe := range stripes {
		c.debts[stripe] = struct{}{}
	}
}

// ends records the end of a session. If its epoch has ended, the next session may begin at
// once; after other failures it waits for a pause.
func (c *Client) ends(s *session, cause error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.current.CompareAndSwap(s, nil) || c.closed {
		return
	}
	if errors.Is(cause, errGone) && time.Since(s.began) > firstPause {
		return
	}
	c.pause = firstPause
	c.next, c.cause = time.Now().Add(c.pause), cause
	c.opts.Logger.Warn("redis: lost", "error", cause, "pause", c.pause)
}

var life = milliseconds(epochLife)

func milliseconds(d time.Duration) string {
	return strconv.FormatInt(max(d.Milliseconds(), 1), 10)
}
