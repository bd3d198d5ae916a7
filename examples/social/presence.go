package main

import (
	"context"
	"strings"

	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/api/realtime"
	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/store"
)

// channels are the channels in which people are present, one for each person: those may join
// it who may see the person. A page is present in the channel of its reader, and follows the
// channels of the people that it shows.
func (s *social) channels() []realtime.Channel {
	sees := func(ctx context.Context, _ auth.Principal, name string) (bool, error) {
		id, err := store.ParseID(strings.TrimPrefix(name, "person:"))
		if err != nil {
			return false, nil //nolint:nilerr // a channel of no person
		}
		return api.Can(ctx, s.app.DB(), api.CanRead, Person{Model: store.Model{ID: id}})
	}
	return []realtime.Channel{{Pattern: "person:*", Join: sees, Presence: sees}}
}
