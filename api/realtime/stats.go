package realtime

import (
	"errors"
	"sync/atomic"
	"time"

	"github.com/seed-7694ebf6/plinth/store/changelog"
)

// Stats are the figures of a hub.
type Stats = changelog.SubscriberStats

// counters are what a hub counts.
type counters struct {
	channels               atomic.Int64
	changes, dropped, lost atomic.Uint64
	delay, behind          atomic.Int64 // nanoseconds, and of the epoch
}

// reads notes the page that is being delivered.
func (n *counters) reads(page changelog.Page) {
	if len(page.Changes) == 0 {
		return
	}
	oldest := page.Changes[0].At
	for _, c := range page.Changes {
		if c.At.Before(oldest) {
			oldest = c.At
		}
	}
	n.behind.Store(oldest.UnixNano())
}

// delivers notes that a page is delivered.
func (n *counters) delivers(page changelog.Page, now time.Time) {
	n.changes.Add(uint64(len(page.Changes)))
	for _, c := range page.Changes {
		n.delay.Add(int64(max(now.Sub(c.At), 0))) // clocks differ
	}
	if !page.More {
		n.behind.Store(0)
	}
}

// ends notes why a subscription or socket ends.
func (n *counters) ends(err error) {
	switch {
	case errors.Is(err, ErrSlow):
		n.dropped.Add(1)
	case errors.Is(err, ErrResync):
		n.lost.Add(1)
	}
}
