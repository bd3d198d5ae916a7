package data

import (
	"context"
	"encoding/json"
	"errors"
	"net/netip"
	"reflect"
	"strings"
	"time"

	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/fail"
	"github.com/seed-7694ebf6/plinth/internal/netaddr"
	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/internal/strictjson"
	"github.com/seed-7694ebf6/plinth/store"
)

// TimeOf returns a time as it is kept, nil for none.
func TimeOf(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC().Truncate(time.Microsecond)
	return &t
}

// IsTaken reports whether an error is a violated unique constraint.
func IsTaken(err error) bool {
	taken, ok := errors.AsType[*store.ConstraintError](err)
	return ok && taken.Kind == store.Unique
}

// Deref returns a text, empty for nil.
func Deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// DerefTime returns a time, zero for nil.
func DerefTime(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return *t
}

// Insert writes a new row.
func Insert[T any](ctx context.Context, s store.Session, row *T) error {
	return store.For[T](s).Insert(ctx, row)
}

// first finds a row, nil without one.
func first[T any](ctx context.Context, s store.Session, where store.Cond) (*T, error) {
	found, err := store.For[T](s).List(ctx, store.Query{Where: where, Limit: store.Limit(1)})
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return found[0], nil
}

// remove deletes the rows that a condition selects.
func remove[T any](ctx context.Context, tx *store.Tx, where store.Cond) error {
	_, err := store.For[T](tx).DeleteWhere(ctx, where)
	return err
}

// Network is where a device is, as tries are counted.
func (d Device) Network() string {
	at, _ := netip.ParseAddr(d.Address) // without one it is the zero Addr, as that of a request
	return netaddr.Name(at)
}

// Device is where a request comes from.
type Device struct {
	Address, UserAgent string
}

// Event returns a line of the audit log about what is done from there.
func (d Device) Event(kind string, user *store.ID) *Event {
	return &Event{Kind: kind, UserID: user, Address: d.Address, UserAgent: d.UserAgent}
}

// MaxUserAgent is how much of a User-Agent is kept, in bytes.
const MaxUserAgent = 400

const (
	UsualPerPage = 50
	MaxPerPage   = 1000
	MaxPage      = 1_000_000
)

// Paging is a part of a list: its number, from 1, and how many rows pages have.
type Paging struct{ Number, Size int }

// Offset is the number of rows before the page.
func (p Paging) Offset() int { return (p.Number - 1) * p.Size }

// AsMap decodes a document that is an object; numbers are json.Number.
func AsMap(doc store.JSON) map[string]any {
	out := map[string]any{}
	d := json.NewDecoder(strings.NewReader(string(doc)))
	d.UseNumber()
	if d.Decode(&out) != nil || out == nil {
		return map[string]any{}
	}
	return out
}

// AsDocument is the way back.
func AsDocument(members map[string]any) (store.JSON, error) {
	if members == nil {
		return "{}", nil
	}
	return store.JSONOf(members)
}

// MaxMetadata is the size of each kind of metadata of a user, in bytes. Those that are
// not too long travel in access tokens, see package session.
const MaxMetadata = 8 << 10

// MergeMetadata sets the members of an object in the metadata of a user; null takes
// one away.
func MergeMetadata(ctx context.Context, tx *store.Tx, u *User, members strictjson.Value) (err error) {
	if u.UserMetadata, err = Merged(u.UserMetadata, store.JSON(members.Raw())); err != nil {
		return err
	}
	return WriteUserMetadata(ctx, tx, u)
}

// Merged sets the members of one object in another; null takes one away.
func Merged(doc, members store.JSON) (store.JSON, error) {
	if members == "" || members == "{}" {
		return doc, nil
	}
	var kept, set map[string]json.RawMessage
	if err := doc.Decode(&kept); err != nil {
		return "", err
	}
	if err := members.Decode(&set); err != nil {
		return "", err
	}
	if kept == nil {
		kept = make(map[string]json.RawMessage)
	}
	for name, raw := range set {
		if string(raw) == "null" {
			delete(kept, name)
		} else {
			kept[name] = raw
		}
	}
	out, err := store.JSONOf(kept)
	if err == nil && len(out) > MaxMetadata {
		err = ErrMetadata
	}
	return out, err
}

// Changes are the members that make one object the other when they are merged into it.
func Changes(before, after store.JSON) (store.JSON, error) {
	set := AsMap(after)
	for name, was := range AsMap(before) {
		is, kept := set[name]
		switch {
		case !kept:
			set[name] = nil
		case reflect.DeepEqual(is, was):
			delete(set, name)
		}
	}
	return store.JSONOf(set)
}

// ErrMetadata is the error for metadata that are too large.
var ErrMetadata = fail.New(problem.AuthValidation, "user_metadata and app_metadata must not be larger than %d bytes each", MaxMetadata)
