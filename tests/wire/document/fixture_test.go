package document_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/migrate"
	"github.com/seed-7694ebf6/plinth/store/query"
	"github.com/seed-7694ebf6/plinth/store/storetest"
	"github.com/seed-7694ebf6/plinth/store/storetest/pgtest"
	"github.com/seed-7694ebf6/plinth/store/validate"
)

// Everything has a column of every kind, nullable and not, of every mode, with
// defaults and with rules.
type Everything struct {
	bun.BaseModel `bun:"table:everything"`
	store.Model
	OwnerID   store.ID `bun:",notnull"`
	CountryID int64    `bun:",notnull"`

	Text    string          `bun:",notnull"                   validate:"required,min=2,max=20"`
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

// Note belongs to a tenant, is deleted by a mark and can be searched.
type Note struct {
	bun.BaseModel `bun:"table:notes"`
	store.Model
	store.Tenant
	store.SoftDelete
	AuthorID  store.ID `bun:",notnull"`
	Body      string   `bun:",notnull"              plinth:"searchable" validate:"required,max=200"`
	Public    bool     `bun:",notnull"`
	CountryID *int64   //
	Country   *Country `bun:"rel:belongs-to,join:country_id=id"`
}

// Total is a view.
type Total struct {
	bun.BaseModel `bun:"table:totals"`
	Name          string
	Things        int64
}

var models = []any{(*Country)(nil), (*Group)(nil), (*Membership)(nil), (*Everything)(nil), (*Note)(nil), (*Total)(nil)}

// arguments have every form a function can take.
type arguments struct {
	Name   string            `json:"name"            validate:"required,max=40"`
	Age    *int              `json:"age"             validate:"omitempty,min=0"`
	When   time.Time         `json:"when"`
	ID     store.ID          `json:"id"`
	Price  store.Decimal     `json:"price"`
	Tags   []string          `json:"tags"            validate:"required,dive,max=9"`
	Labels map[string]string `json:"labels,omitempty"`
	Kind   string            `json:"kind"            validate:"omitempty,oneof=a b"`
	Any    any               `json:"any"`
	Raw    json.RawMessage   `json:"raw"`
	Inner  inner             `json:"inner"`
	Quoted int64             `json:"quoted,string"`
	Yes    bool              `json:"yes"`
}

type inner struct {
	Depth int      `json:"depth"`
	Inner []*inner `json:"inner"`
}

type report struct {
	Given  arguments         `json:"given"`
	Total  int64             `json:"total"`
	Extra  map[string]*inner `json:"extra,omitempty"`
	Failed *string           `json:"failed"`
}

type empty struct{}

type named struct {
	Names []string `json:"names"`
	From  int64    `json:"from"`
}

func exposed(db *store.DB) []api.Exposed {
	editor := api.Role("editor")
	open := api.Policy{Read: api.Anyone(), Create: editor, Update: editor, Delete: editor, ServiceBypass: true}
	owned := api.OwnedBy("owner_id")
	owned.Read, owned.Update = api.AnyOf(owned.Read, editor), api.AnyOf(owned.Update, editor)
	owned.Columns = map[string]api.ColumnRule{"price": {Read: editor, Create: editor, Update: editor}}
	owned.ServiceBypass = true
	notes := api.OwnedBy("author_id")
	notes.ServiceBypass = true
	notes.Read = api.AnyOf(notes.Read, api.Where(store.Eq("public", true)))
	byName := func(ctx context.Context, tx *store.Tx, in named) ([]*Country, error) {
		return store.For[Country](tx).List(ctx, store.Query{Where: store.Compare("id", query.OpGte, in.From), Limit: store.Limit(5)})
	}
	return []api.Exposed{
		api.Resource[Everything]{Policy: owned},
		api.Resource[Country]{Policy: open},
		api.Resource[Group]{Policy: open},
		api.Resource[Membership]{Policy: open},
		api.Resource[Note]{Policy: notes},
		api.Resource[Total]{Policy: api.Policy{Read: api.Anyone()}},
		api.Func("report", api.Anyone(), func(_ context.Context, in arguments) (report, error) { return report{Given: in}, nil }),
		api.ReadFunc("look", api.Anyone(), func(_ context.Context, _ *store.Tx, in arguments) (report, error) { return report{Given: in}, nil }),
		api.ReadFunc("countries_from", api.Anyone(), byName),
		api.Func("names", api.Anyone(), func(context.Context, empty) ([]string, error) { return []string{"a", "ü"}, nil }),
		api.TxFunc("found_country", editor, func(ctx context.Context, tx *store.Tx, in struct {
			Name string `json:"name" validate:"required,max=30"`
		},
		) (*Country, error) {
			c := &Country{Name: in.Name}
			return c, store.For[Country](tx).Insert(ctx, c)
		}),
		api.TxFunc("reset", api.SignedIn(), func(context.Context, *store.Tx, empty) (empty, error) { return empty{}, nil }),
		api.Func("one_thing", api.Anyone(), func(ctx context.Context, _ empty) (*Everything, error) {
			list, err := store.For[Everything](db).List(ctx, store.Query{Limit: store.Limit(1)})
			if err != nil || len(list) == 0 {
				return nil, err
			}
			return list[0], nil
		}),
	}
}

// callers are who asks, by the name they send in the header Caller.
var callers = map[string]auth.Principal{
	"anonymous": {},
	"owner":     {Kind: auth.User, ID: store.ID{0xa0, 15: 1}.String(), Tenant: "acme"},
	"editor":    {Kind: auth.User, ID: store.ID{0xa0, 15: 2}.String(), Tenant: "acme", Roles: []string{"editor"}},
	"service":   {Kind: auth.Service, ID: "key", Tenant: "acme"},
}

// engines runs a test with a server of its own on each engine.
func engines(t *testing.T, run func(t *testing.T, url string)) {
	t.Helper()
	storetest.Engines(t, pgtest.Source(), func(t *testing.T, db *store.DB) { run(t, served(t, db)) }, storetest.Store(store.Options{Validator: validate.New()}))
}

// served makes the tables of a database and returns the address of the API.
func served(t *testing.T, db *store.DB) string {
	t.Helper()
	if err := db.Register(models...); err != nil {
		t.Fatal(err)
	}
	a, err := api.New(db, api.Config{BasePath: "/rest/v1", Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	a.Add(exposed(db)...)
	handler, err := a.Handler()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := migrate.Auto(t.Context(), db); err != nil {
		t.Fatal(err)
	}
	const view = `create view totals as select c.name, count(e.id) as things from countries c left join everything e on e.country_id = c.id group by c.name`
	if _, err := db.Bun().ExecContext(t.Context(), view); err != nil {
		t.Fatal(err)
	}
	for i := range 20 {
		c := &Country{Name: fmt.Sprint("country ", i)}
		insert(t, db, c)
		insert(t, db, &Group{Code: fmt.Sprint("g", i)})
		insert(t, db, &Note{AuthorID: store.ID{0xa0, 15: byte(1 + i%2)}, Body: "two words", Public: i%3 == 0})
		if i%2 == 0 {
			continue // nothing refers to it
		}
		insert(t, db, &Everything{OwnerID: store.ID{0xa0, 15: byte(1 + i/2%2)}, CountryID: c.ID, Text: "text", Ratio: 1, Small: 1, State: "open", Code: c.Name})
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		handler.ServeHTTP(w, r.WithContext(auth.WithPrincipal(r.Context(), callers[r.Header.Get("Caller")])))
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// insert inserts a row as trusted code of the one tenant.
func insert[T any](t *testing.T, db *store.DB, row *T) {
	t.Helper()
	if err := store.For[T](db).Insert(store.WithTenant(t.Context(), "acme"), row); err != nil {
		t.Fatal(err)
	}
}
