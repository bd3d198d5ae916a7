package jobs

import (
	"encoding/json"
	"strconv"
	"time"

	"github.com/seed-7694ebf6/plinth/store"
)

// reader reads values of [store.SQL] and keeps the first error.
type reader struct{ err error }

func (r *reader) note(err error) {
	if r.err == nil {
		r.err = err
	}
}

// text returns a text, "" for NULL.
func (r *reader) text(v []byte) (s string) {
	if string(v) != "null" {
		r.note(json.Unmarshal(v, &s))
	}
	return s
}

func (r *reader) int(v []byte) int64 {
	n, err := strconv.ParseInt(string(v), 10, 64)
	r.note(err)
	return n
}

func (r *reader) id(v []byte) store.ID {
	id, err := store.ParseID(r.text(v))
	r.note(err)
	return id
}

// time returns a time, the zero time for NULL.
func (r *reader) time(v []byte) time.Time {
	s := r.text(v)
	if s == "" {
		return time.Time{}
	}
	t, err := time.Parse(time.RFC3339Nano, s)
	r.note(err)
	return t.UTC()
}
