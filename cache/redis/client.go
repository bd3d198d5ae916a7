package redis

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/rueidis"
)

// ClientOptions tune a [Client].
type ClientOptions struct {
	// URL is redis://user:password@host:port/db, rediss:// for TLS, or
	// unix:///path/to/socket. With the parameter master_set=name the host and the
	// parameters addr=host:port are Sentinels, which name the server. They are asked
	// without a password.
	//
	// Defaults to redis://127.0.0.1:6379.
	URL string

	// TLS is used for rediss:// in place of a configuration with the system's
	// certificates.
	TLS *tls.Config

	// Prefix begins every key, for servers that are shared with other applications.
	// Change it when the encoding of values changes, so that old values are not read.
	// It must not contain colons or spaces.
	//
	// Defaults to "plinth".
	Prefix string

	// Timeout ends each operation. Delete and Purge have five times as long.
	//
	// Defaults to 20 milliseconds.
	Timeout time.Duration

	// ConnectTimeout limits each attempt to connect. Operations wait at most Timeout
	// for the first one, and for no later one.
	//
	// Defaults to a second.
	ConnectTimeout time.Duration

	// Logger receives lost and new connections.
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

// Validate returns an error if a setting is invalid. It does not connect.
func (o ClientOptions) Validate() error {
	_, err := o.withDefaults().target()
	return err
}

// target returns the client options of the URL.
func (o ClientOptions) target() (rueidis.ClientOption, error) {
	target, err := rueidis.ParseURL(o.URL)
	switch {
	case err != nil:
		return target, errors.New("redis: the URL cannot be read") // which contains a password
	case len(target.InitAddress) > 1 && target.Sentinel.MasterSet == "":
		return target, errors.New("redis: several addresses need the parameter master_set, and are Sentinels")
	case target.AlwaysRESP2 || target.DisableCache:
		return target, errors.New("redis: the URL turns off RESP3 or client-side caching")
	case o.Timeout < 0 || o.ConnectTimeout < 0:
		return target, errors.New("redis: a timeout is negative")
	case strings.ContainsAny(o.Prefix, ": "):
		return target, errors.New("redis: the prefix must not have colons or spaces")
	}
	return target, nil
}

// Client is a connection to Redis that caches, limiters and locks share. It connects on
// first use and reconnects two seconds after a failure. It is safe for
// concurrent use.
type Client struct {
	opts   ClientOptions
	target rueidis.ClientOption

	current atomic.Pointer[connection]

	nearMu sync.RWMutex
	near   map[string][]near // by the name of their cache

	mu         sync.Mutex
	closed     bool
	connecting chan struct{} // closed when the current attempt has ended
	next       time.Time     // of the next attempt
	cause      error         // of the last failure
	work       sync.WaitGroup
}

// near holds decoded values of one cache in the memory of the process, by the text of
// their keys.
type near interface {
	Delete(ctx context.Context, key string) error
	Purge(ctx context.Context, tags ...string) error
}

// connection is a connection of rueidis.
type connection struct {
	rueidis.Client
	timeouts atomic.Int32 // in a row
}

const (
	// pause is the time between a failure and the next attempt to connect.
	pause = 2 * time.Second

	// timeoutsAtMost is how many operations may time out in a row before the connection
	// is dropped.
	timeoutsAtMost = 3

	// alive is the interval of pings on an idle connection, and the time that the server
	// has to answer one. So a process notices a lost connection within a second.
	alive = 300 * time.Millisecond

	// repliesKept is how many bytes of replies rueidis keeps. These are mainly the
	// versions of tags: values are kept decoded.
	repliesKept = 4 << 20
)

// everything is a tag of all values in memory. The tags of caches begin with another byte.
const everything = "*"

// invalidated removes from memory what has changed in Redis. rueidis calls it before it
// handles later replies, and with nil after a flush and for a lost connection.
func (c *Client) invalidated(keys []rueidis.RedisMessage) {
	c.nearMu.RLock()
	defer c.nearMu.RUnlock()
	ctx := context.Background()
	if keys == nil {
		for _, all := range c.near {
			for _, n := range all {
				_ = n.Purge(ctx, everything)
			}
		}
	}
	for _, message := range keys {
		key, _ := message.ToString()
		parts := strings.SplitN(key, ":", 4) // prefix, kind, name, text
		if len(parts) < 4 {
			continue
		}
		for _, n := range c.near[parts[2]] {
			if parts[1] == "t" {
				_ = n.Purge(ctx, "t"+parts[3])
			} else {
				_ = n.Delete(ctx, parts[3])
			}
		}
	}
}

// NewClient returns a client. It connects on first use. Close ends it.
func NewClient(opts ClientOptions) (*Client, error) {
	opts = opts.withDefaults()
	target, err := opts.target()
	if err != nil {
		return nil, err
	}
	if target.TLSConfig != nil {
		name := target.TLSConfig.ServerName
		if target.Sentinel.MasterSet != "" {
			name = "" // each server has its own
		}
		if opts.TLS != nil {
			target.TLSConfig = opts.TLS.Clone()
			name = cmp.Or(opts.TLS.ServerName, name)
		}
		target.TLSConfig.ServerName = name
	}
	target.Dialer = net.Dialer{Timeout: opts.ConnectTimeout, KeepAlive: alive}
	target.Sentinel.Dialer, target.Sentinel.TLSConfig = target.Dialer, target.TLSConfig
	target.Sentinel.TopologyRefreshInterval = 5 * time.Second // finds a failover if its message was lost
	target.ConnWriteTimeout = alive
	target.ForceSingleClient = true
	target.DisableRetry = true
	target.AlwaysPipelining = true
	target.PipelineMultiplex = -1 // one connection, so that replies and invalidations have one order
	target.ReadBufferEachConn, target.WriteBufferEachConn = 64<<10, 64<<10
	target.CacheSizeEachConn = repliesKept
	c := &Client{opts: opts, near: make(map[string][]near)}
	target.OnInvalidations = c.invalidated
	c.target = target
	return c, nil
}

// Close ends the connection. Operations fail with ErrClosed from then on.
func (c *Client) Close() {
	c.mu.Lock()
	c.closed = true
	if conn := c.current.Swap(nil); conn != nil {
		c.work.Go(conn.Close)
	}
	c.mu.Unlock()
	c.work.Wait()
}

// do runs an operation within a timeout and drops the connection if its error shows that
// the server is unavailable. The operation continues if ctx ends, because requests for
// the same key share it.
func (c *Client) do(ctx context.Context, what string, timeout time.Duration, operation func(context.Context, rueidis.Client) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	conn, err := c.connection(ctx)
	if err != nil {
		return err
	}
	inner, cancel := context.WithTimeout(context.WithoutCancel(ctx), timeout)
	defer cancel()
	if err = operation(inner, conn); err == nil {
		if conn.timeouts.Load() != 0 {
			conn.timeouts.Store(0)
		}
		return nil
	}
	answer, isAnswer := rueidis.IsRedisErr(err)
	switch {
	case isAnswer && !strings.HasPrefix(answer.Error(), "READONLY"): // the server works
	case errors.Is(err, context.DeadlineExceeded) && conn.timeouts.Add(1) < timeoutsAtMost:
	default:
		c.lost(conn, err)
	}
	return fmt.Errorf("redis: %s: %w", what, err)
}

// connection returns the connection. If there is none, it starts an attempt to connect
// unless the pause after the last failure has not ended. It waits for the attempt only if
// none has failed before.
func (c *Client) connection(ctx context.Context) (*connection, error) {
	if conn := c.current.Load(); conn != nil {
		return conn, nil
	}
	c.mu.Lock()
	conn := c.current.Load()
	switch {
	case c.closed:
		c.mu.Unlock()
		return nil, ErrClosed
	case conn != nil:
		c.mu.Unlock()
		return conn, nil
	case c.connecting == nil && !time.Now().Before(c.next):
		c.connecting = make(chan struct{})
		c.work.Go(c.connect)
	}
	attempt, cause := c.connecting, c.cause
	c.mu.Unlock()
	if cause == nil {
		timer := time.NewTimer(c.opts.Timeout)
		defer timer.Stop()
		select {
		case <-attempt:
		case <-timer.C:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		if conn := c.current.Load(); conn != nil {
			return conn, nil
		}
	}
	return nil, unavailable(cause)
}

// connect tries once to connect. The server must also answer within the timeout of an
// operation.
func (c *Client) connect() {
	client, err := rueidis.NewClient(c.target)
	if err == nil {
		ctx, cancel := context.WithTimeout(context.Background(), c.opts.Timeout)
		err = client.Do(ctx, client.B().Ping().Build()).Error()
		cancel()
	}
	c.invalidated(nil)
	c.mu.Lock()
	if err == nil && c.closed {
		err = ErrClosed
	}
	if err == nil {
		c.current.Store(&connection{Client: client})
		c.cause = nil
		c.opts.Logger.Info("redis: connected")
	} else {
		c.next, c.cause = time.Now().Add(pause), err
		c.opts.Logger.Warn("redis: connecting failed", "error", err)
	}
	close(c.connecting)
	c.connecting = nil
	c.mu.Unlock()
	if err != nil && client != nil {
		client.Close()
	}
}

// lost drops a connection. The next one begins with nothing in memory.
func (c *Client) lost(conn *connection, cause error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.current.CompareAndSwap(conn, nil) {
		return
	}
	c.next, c.cause = time.Now().Add(pause), cause
	c.opts.Logger.Warn("redis: connection dropped", "error", cause)
	c.work.Go(conn.Close)
}
