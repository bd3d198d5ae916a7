package openapi_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/sqlite"
	"github.com/seed-7694ebf6/plinth/store/validate"
)

// Everything has a column of every kind, nullable and not, of every mode, with
// defaults and with rules.
type Everything struct {
	bun.BaseModel `bun:"table:everything"`
	store.Model
	OwnerID   store.ID `bun:",notnull"`
	CountryID int64    `bun:",notnull"`

	Text    string          `bun:",notnull"                   validate:"required,min=2,max=20" plinth:"searchable"`
	Flag    bool            `bun:",notnull,default:true"`
	Small   int16           `bun:",notnull,default:3"         validate:"gte=1,lt=100"`
	Medium  int32           `bun:",notnull"`
	Count   uint32          `bun:",notnull"`
	Ratio   float64         `bun:",notnull"                   validate:"gt=0"`
	Price   store.Decimal   `bun:",notnull,default:'1.50'"`
	At      time.Time       `bun:",notnull,default:current_timestamp"`
	Day     store.Date      `bun:",notnull"`
	Blob    []byte          `bun:",notnull"`
	Doc     store.JSON      `bun:",notnull,type:jsonb"`
	Words   []string        `bun:",notnull,array"             validate:"max=5,dive,max=10"`
	State   string          `bun:",notnull,default:'open'"    validate:"oneof=open closed 'on hold'"`
	Order   string          `bun:"order,notnull"`
	Code    string          `bun:",notnull,unique"            plinth:"createonly"`
	Rank    int64           `bun:",notnull"                   plinth:"readonly"`
	Hidden  string          `bun:",notnull"                   plinth:"hidden"`
	Secret  string          `bun:",notnull"                   plinth:"secret"`
	MText   *string         `bun:"m_text"                     validate:"omitempty,email,max=99"`
	MFlag   *bool           `bun:"m_flag"`
	MInt    *int64          `bun:"m_int"`
	MFloat  *float64        `bun:"m_float"`
	MPrice  *store.Decimal  `bun:"m_price"`
	MAt     *time.Time      `bun:"m_at"`
	MDay    *store.Date     `bun:"m_day"`
	MID     *store.ID       `bun:"m_id"`
	MBlob   *[]byte         `bun:"m_blob"`
	MDoc    json.RawMessage `bun:"m_doc,type:jsonb,nullzero"`
	MWords  *[]string       `bun:"m_words,array"`
	Country *Country        `bun:"rel:belongs-to,join:country_id=id"`
}

// Country has a key the database makes.
type Country struct {
	bun.BaseModel `bun:"table:countries"`
	ID            int64         `bun:",pk,autoincrement"`
	Name          string        `bun:",notnull,unique" validate:"required"`
	Things        []*Everything `bun:"rel:has-many,join:id=country_id"`
	Groups        []*Group      `bun:"m2m:memberships,join:Country=Group"`
}

// Group has a key of text and is related many to many.
type Group struct {
	bun.BaseModel `bun:"table:groups"`
	Code          string     `bun:",pk"`
	Title         *string    //
	Countries     []*Country `bun:"m2m:memberships,join:Group=Country"`
}

// Membership is the junction, with a key of two columns.
type Membership struct {
	bun.BaseModel `bun:"table:memberships"`
	CountryID     int64    `bun:",pk"`
	GroupCode     string   `bun:",pk"`
	Country       *Country `bun:"rel:belongs-to,join:country_id=id"`
	Group         *Group   `bun:"rel:belongs-to,join:group_code=code"`
}

// Total is a view.
type Total struct {
	bun.BaseModel `bun:"table:totals"`
	Name          string
	Things        int64
}

// arguments have every form a function can take.
type arguments struct {
	Name   string            `json:"name"              validate:"required,max=40"`
	Age    *int              `json:"age"               validate:"min=0"`
	When   time.Time         `json:"when"`
	ID     store.ID          `json:"id"`
	Price  store.Decimal     `json:"price"`
	Tags   []string          `json:"tags"              validate:"required,dive,max=9"`
	Labels map[string]string `json:"labels,omitempty"`
	Kind   string            `json:"kind"              validate:"oneof=a b"`
	Any    any               `json:"any"`
	Raw    json.RawMessage   `json:"raw"`
	Inner  inner             `json:"inner"`
	Quoted int64             `json:"quoted,string"`
	_      int
}

type inner struct {
	Depth int      `json:"depth"`
	Inner []*inner `json:"inner"`
}

type report struct {
	Total  int64             `json:"total"`
	Rows   []inner           `json:"rows"`
	Extra  map[string]*inner `json:"extra,omitempty"`
	Failed *string           `json:"failed"`
}

type empty struct{}

func exposed() []api.Exposed {
	editor := api.Role("editor")
	open := api.Policy{Read: api.Anyone(), Create: editor, Update: editor, Delete: editor, ServiceBypass: true}
	owned := api.OwnedBy("owner_id")
	owned.Columns = map[string]api.ColumnRule{"price": {Read: editor, Create: editor, Update: editor}}
	return []api.Exposed{
		api.Resource[Everything]{Policy: owned},
		api.Resource[Country]{Policy: open},
		api.Resource[Group]{Policy: open},
		api.Resource[Membership]{Policy: open},
		api.Resource[Total]{Policy: api.Policy{Read: api.Anyone()}},
		api.Func("report", api.Anyone(), func(context.Context, arguments) (report, error) { return report{}, nil }),
		api.Func("names", api.Anyone(), func(context.Context, empty) ([]string, error) { return nil, nil }),
		api.Func("age", api.Anyone(), func(context.Context, struct{ Name string }) (*int, error) { return nil, nil }),
		api.Func("reset", editor, func(context.Context, empty) (empty, error) { return empty{}, nil }),
		api.Func("one-country", api.Anyone(), func(context.Context, empty) (*Country, error) { return nil, nil }),
		api.Func("all_things", editor, func(context.Context, empty) ([]Everything, error) { return nil, nil }),
	}
}

// handler serves the fixture on a database without tables: documents need none.
func handler(t *testing.T) http.Handler {
	t.Helper()
	db, err := sqlite.Open(t.Context(), ":memory:", &sqlite.Options{Store: store.Options{Validator: validate.New()}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	a, err := api.New(db, api.Config{
		BasePath: "/rest/v1", PublicURL: "https://everything.example/rest/v1", Title: "Everything", Version: "1.0.0",
		Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	a.Add(exposed()...)
	h, err := a.Handler()
	if err != nil {
		t.Fatal(err)
	}
	return h
}
