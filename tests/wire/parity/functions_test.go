package parity_test

import (
	"context"
	"errors"
	"time"

	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/query"
)

// functions are functions of every form: with and without a transaction, that
// return rows, values and errors.
func functions(db *store.DB) []api.Exposed {
	return []api.Exposed{
		api.ReadFunc("things_by", api.Anyone(), thingsBy),
		api.ReadFunc("first_shelf", api.Anyone(), func(ctx context.Context, tx *store.Tx, _ struct{}) (*Shelf, error) {
			return store.For[Shelf](tx).First(ctx, store.Query{Order: []store.Order{{Column: "place"}}})
		}),
		api.ReadFunc("echo", api.Anyone(), func(_ context.Context, _ *store.Tx, in echoed) (echoed, error) { return in, nil }),
		api.Func("all_memos", api.SignedIn(), func(ctx context.Context, _ struct{}) ([]*Memo, error) {
			return store.For[Memo](db).List(ctx, store.Query{})
		}),
		api.TxFunc("refloor", api.Role("editor"), func(ctx context.Context, tx *store.Tx, in struct {
			Code  string `json:"code" validate:"required"`
			Floor *int64 `json:"floor"`
		},
		) (*Shelf, error) {
			return store.For[Shelf](tx).Patch(ctx, in.Code, store.SetTo("floor", in.Floor))
		}),
		api.TxFunc("undone", api.SignedIn(), undone),
		api.Func("ping", api.SignedIn(), func(context.Context, struct{}) (struct{}, error) { return struct{}{}, nil }),
	}
}

// echoed are arguments of every form.
type echoed struct {
	Text string         `json:"text"`
	N    int64          `json:"n"`
	Real *float64       `json:"real"`
	Flag bool           `json:"flag"`
	At   *time.Time     `json:"at"`
	Day  *store.Date    `json:"day"`
	ID   *store.ID      `json:"id"`
	Dec  *store.Decimal `json:"dec"`
	List []string       `json:"list"`
	Doc  store.JSON     `json:"doc"`
}

func thingsBy(ctx context.Context, tx *store.Tx, in struct {
	Nums []int64 `json:"nums"`
},
) ([]*Thing, error) {
	return store.For[Thing](tx).List(ctx, store.Query{Where: store.Compare("num", query.OpIn, in.Nums), Order: []store.Order{{Column: "name", Desc: true}}})
}

// undone writes and fails, in the way the caller names.
func undone(ctx context.Context, tx *store.Tx, in struct {
	How string `json:"how" validate:"required"`
},
) (*Shelf, error) {
	s := &Shelf{Code: "undone", Place: "undone"}
	if err := store.For[Shelf](tx).Insert(ctx, s); err != nil {
		return nil, err
	}
	switch in.How {
	case "taken":
		return nil, store.For[Shelf](tx).Insert(ctx, &Shelf{Code: "undone", Place: "other"})
	case "missing":
		return store.For[Shelf](tx).Get(ctx, "nowhere")
	case "told":
		return nil, &api.Error{Code: "PT418", Message: "no tea", Details: "in " + s.Place, Hint: "ask again"}
	}
	return nil, errors.Join(&api.Error{Message: "will not"}, errors.New("inner"))
}
