package data

import (
	"context"
	"encoding/json"
	"reflect"
	"strings"

	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/fail"
	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/internal/strictjson"
	"github.com/seed-7694ebf6/plinth/store"
)

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
