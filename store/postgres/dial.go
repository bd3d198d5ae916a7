package postgres

import (
	"cmp"
	"net"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// Timeouts for detecting a server that disappeared without closing its connections. A
// busy server still acknowledges what it receives, so they do not limit the duration of
// statements.
const (
	// reachTimeout bounds how long the server's machine may take to answer at
	// all, connectTimeout a new connection with everything it takes: the five
	// or six round trips of TLS and a password. A connect_timeout in the URL
	// goes for both.
	reachTimeout, connectTimeout = 5 * time.Second, 10 * time.Second

	// unacknowledged is how long the server's machine may leave bytes without
	// an acknowledgement (RFC 5482), probes of silent connections included.
	unacknowledged = 6 * time.Second

	// probeAfter is how long a connection is silent before the kernel asks
	// whether the other side is there, and probePause how often it asks.
	probeAfter, probePause = 5 * time.Second, 2 * time.Second
)

// dialBy makes connections find out that the server is gone.
func dialBy(c *pgconn.Config) {
	dialer := net.Dialer{
		Timeout:         cmp.Or(c.ConnectTimeout, reachTimeout),
		KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: probeAfter, Interval: probePause, Count: 2},
		Control:         limitUnacknowledged,
	}
	c.ConnectTimeout = cmp.Or(c.ConnectTimeout, connectTimeout)
	c.DialFunc = dialer.DialContext
}
