package plinthtest_test

import (
	"context"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth"
	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/plinthtest"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/query"
	"github.com/seed-7694ebf6/plinth/store/storetest/pgtest"
	"github.com/uptrace/bun"
)

// Room can be booked.
type Room struct {
	bun.BaseModel `bun:"table:rooms"`
	store.Model
	Name     string `bun:",notnull" validate:"required,max=80"`
	Bookings int64  `bun:",notnull" plinth:"readonly"`
}

// Booking keeps a room for its owner.
type Booking struct {
	bun.BaseModel `bun:"table:bookings"`
	store.Model
	RoomID   store.ID  `bun:",notnull" plinth:"index=room_id|starts_at"`
	OwnerID  store.ID  `bun:",notnull"`
	StartsAt time.Time `bun:",notnull"`
	EndsAt   time.Time `bun:",notnull" plinth:"check=ends_at > starts_at"`

	Room *Room `bun:"rel:belongs-to,join:room_id=id,on_delete:CASCADE"`
}

type bookArgs struct {
	Room  store.ID  `json:"room_id" validate:"required"`
	From  time.Time `json:"from" validate:"required"`
	Hours int       `json:"hours" validate:"min=1,max=8"`
}

// book keeps a room for the caller, unless it is taken.
func book(ctx context.Context, tx *store.Tx, in bookArgs) (*Booking, error) {
	caller, err := store.ParseID(auth.FromContext(ctx).ID)
	if err != nil {
		return nil, store.ErrDenied
	}
	b := &Booking{RoomID: in.Room, OwnerID: caller, StartsAt: in.From, EndsAt: in.From.Add(time.Duration(in.Hours) * time.Hour)}
	taken, err := store.For[Booking](tx).Count(ctx, store.And(
		store.Eq("room_id", b.RoomID),
		store.Compare("starts_at", query.OpLt, b.EndsAt), store.Compare("ends_at", query.OpGt, b.StartsAt),
	))
	if err != nil {
		return nil, err
	}
	if taken > 0 {
		return nil, &api.Error{Code: "PT409", Message: "The room is taken.", Hint: "Choose another time."}
	}
	return b, store.For[Booking](tx).Insert(ctx, b)
}

type agendaArgs struct {
	Room store.ID `json:"room_id"`
}

// agenda returns the caller's bookings of a room, the latest first.
func agenda(ctx context.Context, tx *store.Tx, in agendaArgs) ([]*Booking, error) {
	return store.For[Booking](tx).As(store.ScopeFrom(ctx)).List(ctx, store.Query{
		Where: store.Eq("room_id", in.Room),
		Order: []store.Order{{Column: "starts_at", Desc: true}},
		Limit: store.Limit(50),
	})
}

// countBookings keeps the number of bookings in the room.
func countBookings(ctx context.Context, w *store.Write[Booking]) error {
	room, add := store.ID{}, int64(0)
	switch {
	case w.Old == nil:
		room, add = w.New.RoomID, 1
	case w.New == nil:
		room, add = w.Old.RoomID, -1
	default:
		return nil // a change of a booking
	}
	bookings := store.Number(func(r *Room) *int64 { return &r.Bookings })
	_, err := store.For[Room](w.Tx).Patch(ctx, room, bookings.Add(add))
	return err
}

func newRooms(ctx context.Context, config plinth.Config) (*plinth.App, error) {
	app, err := plinth.New(ctx, config)
	if err != nil {
		return nil, err
	}
	app.Add(
		api.Resource[Room]{Policy: api.Policy{Read: api.Anyone()}},
		api.Resource[Booking]{Policy: api.Policy{Read: api.Owner("owner_id"), Delete: api.Owner("owner_id")}},
		api.TxFunc("book", api.SignedIn(), book),
		api.ReadFunc("agenda", api.SignedIn(), agenda),
	)
	return app, store.After(app.DB(), countBookings)
}

func TestRooms(t *testing.T) {
	t.Parallel()
	plinthtest.Engines(t, pgtest.Source(), newRooms, func(t *testing.T, kit *plinthtest.Kit) {
		room := &Room{Name: "Blue"}
		if err := store.For[Room](kit.App().DB()).Insert(t.Context(), room); err != nil {
			t.Fatal(err)
		}
		wish := map[string]any{"room_id": room.ID, "from": "2030-01-01T10:00:00Z", "hours": 2}
		ann, bob := kit.As("ann"), kit.As("bob")
		kit.Anonymous().Post("/rest/v1/rpc/book", wish).Want(http.StatusUnauthorized)
		ann.Post("/rest/v1/rpc/book", map[string]any{"room_id": room.ID, "from": "2030-01-01T10:00:00Z", "hours": 9}).Want(http.StatusBadRequest)
		ann.Post("/rest/v1/rpc/book", map[string]any{"room_id": store.NewID(), "from": "2030-01-01T10:00:00Z", "hours": 2}).Want(http.StatusConflict)

		var made, taken atomic.Int64
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				switch res := bob.Post("/rest/v1/rpc/book", wish); res.Status {
				case http.StatusOK:
					made.Add(1)
				case http.StatusConflict:
					taken.Add(1)
				default:
					t.Errorf("%d %s", res.Status, res.Body)
				}
			})
		}
		wg.Wait()
		if made.Load() != 1 || taken.Load() != 3 {
			t.Errorf("%d bookings of one time, and %d rejected", made.Load(), taken.Load())
		}
		ann.Get("/rest/v1/rooms?select=bookings").WantBody(`[{"bookings":1}]`)
		later := map[string]any{"room_id": room.ID, "from": "2030-01-02T10:00:00Z", "hours": 1}
		bob.Post("/rest/v1/rpc/book", later).Want(http.StatusOK)
		var list []struct {
			StartsAt time.Time `json:"starts_at"`
		}
		bob.Get("/rest/v1/rpc/agenda?room_id=" + room.ID.String()).Want(http.StatusOK).JSON(&list)
		if len(list) != 2 || list[0].StartsAt.Day() != 2 {
			t.Errorf("the agenda is %+v", list)
		}
		ann.Get("/rest/v1/rpc/agenda?room_id=" + room.ID.String()).WantBody("[]")
		ann.Delete("/rest/v1/bookings?room_id=eq." + room.ID.String()).Want(http.StatusNoContent)
		ann.Get("/rest/v1/rooms?select=bookings").WantBody(`[{"bookings":2}]`)
		bob.Delete("/rest/v1/bookings?room_id=eq." + room.ID.String()).Want(http.StatusNoContent)
		ann.Get("/rest/v1/rooms?select=bookings").WantBody(`[{"bookings":0}]`)

		ann.Post("/rest/v1/rpc/book", wish).Want(http.StatusOK)
		if err := store.For[Room](kit.App().DB()).Delete(t.Context(), room.ID); err != nil {
			t.Error(err)
		}
		ann.Get("/rest/v1/bookings").WantBody("[]")
	})
}
