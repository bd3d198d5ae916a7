package value

import (
	"crypto/rand"
	"sync/atomic"
	"time"
)

// lastID is the time part of the last ID this process made: 48 bits of
// milliseconds and 12 bits below.
var lastID atomic.Int64 // shared, so that IDs increase within the process

// NewUUID returns a UUID of version 7 that is greater than all this process made before.
func NewUUID() [16]byte {
	now := time.Now()
	stamp := now.UnixMilli()<<12 | int64(now.Nanosecond()%int(time.Millisecond))>>8
	for {
		last := lastID.Load()
		stamp = max(stamp, last+1)
		if lastID.CompareAndSwap(last, stamp) {
			break
		}
	}
	var id [16]byte
	rand.Read(id[8:]) // never fails
	for i := range 6 {
		id[i] = byte(stamp >> (52 - 8*i))
	}
	id[6] = 0x70 | byte(stamp>>8)&0x0f // version 7
	id[7] = byte(stamp)
	id[8] = 0x80 | id[8]&0x3f // variant of RFC 9562
	return id
}
