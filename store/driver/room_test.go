package driver_test

import (
	"bytes"
	"testing"

	"go.uber.org/goleak"

	"github.com/seed-7694ebf6/plinth/store/driver"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// appendRows appends rows of a size until the body has as many bytes as wanted.
func appendRows(r *driver.Result, row []byte, want int) {
	for len(r.Body) < want {
		r.Room(len(row), 0)
		r.Body = append(r.Body, row...)
	}
}

// TestRoom: what was appended stays, however the memory changes, and no answer has
// anything of another in it.
func TestRoom(t *testing.T) {
	for _, size := range []int{1, 100, 64 << 10, 1<<20 - 1, 1 << 20, 3 << 20, 17 << 20} {
		for _, fill := range []byte("ab") {
			var r driver.Result
			row := bytes.Repeat([]byte{fill}, min(size, 10_000))
			appendRows(&r, row, size)
			if n := len(r.Body); n < size || bytes.Count(r.Body, row[:1]) != n {
				t.Errorf("%d bytes of %q: %d, %d of them others", size, fill, n, n-bytes.Count(r.Body, row[:1]))
			}
			large := cap(r.Body) >= 1<<20
			if r.Free(); large != (r.Body == nil) {
				t.Errorf("%d bytes: %d kept", size, cap(r.Body))
			}
		}
	}
}

// TestRoomForOneRow: a row may be larger than all before it.
func TestRoomForOneRow(t *testing.T) {
	var r driver.Result
	r.Room(10, 0)
	r.Body = append(r.Body, "0123456789"...)
	for _, n := range []int{100, 5 << 20, 40 << 20} {
		r.Room(n, 0)
		if free := cap(r.Body) - len(r.Body); free < n {
			t.Errorf("room for %d, want %d", free, n)
		}
	}
	if string(r.Body) != "0123456789" {
		t.Errorf("the body is %.20q", r.Body)
	}
}
