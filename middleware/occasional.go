package middleware

import (
	"sync/atomic"
	"time"
)

// occasional tells whether it is time to say something again that holds for many
// requests: at most once in a second.
type occasional struct{ last atomic.Int64 }

func (o *occasional) now() bool {
	now := time.Now().UnixNano()
	last := o.last.Load()
	return now-last >= int64(time.Second) && o.last.CompareAndSwap(last, now)
}
