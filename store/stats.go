package store

import (
	"time"

	"github.com/seed-7694ebf6/plinth/store/driver"
	"github.com/seed-7694ebf6/plinth/store/internal/core"
)

// PoolStats are the figures of a pool of connections.
type PoolStats = driver.PoolStats

// Stats are figures of a database as this process sees it.
type Stats struct {
	// Pools are the pools of connections: one on PostgreSQL, the writer's and
	// the readers' on SQLite.
	Pools []PoolStats

	// Notifier is what changelog.Notify and changelog.Trim do.
	Notifier NotifierStats
}

// NotifierStats are the figures of changelog.Notify and changelog.Trim.
type NotifierStats struct {
	// Running says that Notify runs in this process.
	Running bool

	// Listening reports that its connection for signals of other processes is open or
	// being opened. It is false on SQLite and behind a pooler.
	Listening bool

	// Behind is the time since the oldest commit of this process that other processes
	// were not notified of. They find it by polling.
	Behind time.Duration

	// TrimmedAt is when this process last trimmed the change log; zero for never.
	TrimmedAt time.Time
}

// notifierStats reads the figures of the notifier.
func notifierStats(n *core.NotifierState) NotifierStats {
	s := NotifierStats{Running: n.Running.Load() > 0, Listening: n.Listening.Load() > 0}
	if since := n.UnsentSince.Load(); since != 0 {
		s.Behind = max(0, time.Since(time.Unix(0, since)))
	}
	if at := n.TrimmedAt.Load(); at != 0 {
		s.TrimmedAt = time.Unix(0, at)
	}
	return s
}
