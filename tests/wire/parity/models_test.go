package parity_test

import (
	"time"

	"github.com/uptrace/bun"

	"github.com/seed-7694ebf6/plinth/store"
)

// Thing has columns of every kind, each once as it must be present and once as it
// may be NULL. Cost is for editors, and Inner for nobody.
type Thing struct {
	bun.BaseModel `bun:"table:things"`
	ID            int64          `bun:",pk"`
	Name          string         `bun:",notnull" plinth:"searchable"`
	Note          *string        `plinth:"searchable"`
	Flag          bool           `bun:",notnull"`
	MaybeFlag     *bool          //
	Num           int64          `bun:",notnull,default:7"`
	MaybeNum      *int64         //
	Real          float64        `bun:",notnull"`
	MaybeReal     *float64       //
	Price         store.Decimal  `bun:",notnull"`
	MaybePrice    *store.Decimal //
	At            time.Time      `bun:",notnull"`
	MaybeAt       *time.Time     //
	Day           store.Date     `bun:",notnull"`
	MaybeDay      *store.Date    //
	UID           store.ID       `bun:",notnull"`
	MaybeUID      *store.ID      //
	Raw           []byte         `bun:",notnull"`
	MaybeRaw      []byte         `bun:",nullzero"`
	Doc           store.JSON     `bun:",notnull"`
	MaybeDoc      *store.JSON    //
	Tags          []string       `bun:",array,notnull"`
	MaybeTags     []string       `bun:",array,nullzero"`
	Cost          int64          `bun:",notnull"`
	Inner         string         `bun:",notnull" plinth:"hidden"`
	ShelfCode     *string        //
	ParentID      *int64         //
	Shelf         *Shelf         `bun:"rel:belongs-to,join:shelf_code=code"`
	Parent        *Thing         `bun:"rel:belongs-to,join:parent_id=id"`
	Kids          []*Thing       `bun:"rel:has-many,join:id=parent_id"`
	Labels        []*Label       `bun:"m2m:thing_labels,join:Thing=Label"`
	Memos         []*Memo        `bun:"rel:has-many,join:id=thing_id"`
}

// Shelf has a key of text, a unique column and a column that is written once.
type Shelf struct {
	bun.BaseModel `bun:"table:shelves"`
	Code          string   `bun:",pk"`
	Place         string   `bun:",notnull,unique" validate:"max=40"`
	Floor         *int64   `validate:"omitempty,min=-3,max=90"`
	Built         *string  `plinth:"createonly"`
	Things        []*Thing `bun:"rel:has-many,join:code=shelf_code"`
}

// Label hangs on things, many on many.
type Label struct {
	bun.BaseModel `bun:"table:labels"`
	Code          string   `bun:",pk"`
	Colour        *string  //
	Things        []*Thing `bun:"m2m:thing_labels,join:Label=Thing"`
}

// ThingLabel is the junction, with a key of two columns and a rule of its own.
type ThingLabel struct {
	bun.BaseModel `bun:"table:thing_labels"`
	ThingID       int64  `bun:",pk"`
	LabelCode     string `bun:",pk"`
	Shown         bool   `bun:",notnull,default:true"`
	Thing         *Thing `bun:"rel:belongs-to,join:thing_id=id"`
	Label         *Label `bun:"rel:belongs-to,join:label_code=code"`
}

// Memo belongs to its owner, has a version and is marked when it is deleted.
type Memo struct {
	bun.BaseModel `bun:"table:memos"`
	store.Model
	store.SoftDelete
	OwnerID store.ID `bun:",notnull"`
	ThingID *int64   //
	Title   string   `bun:",notnull" validate:"required,max=60" plinth:"searchable"`
	Stars   int64    `bun:",notnull" validate:"min=0,max=5"`
	Open    bool     `bun:",notnull"`
	Thing   *Thing   `bun:"rel:belongs-to,join:thing_id=id"`
}

// Ticket belongs to a tenant. The database makes its key.
type Ticket struct {
	bun.BaseModel `bun:"table:tickets"`
	store.Tenant
	ID      int64          `bun:",pk,autoincrement"`
	Subject string         `bun:",notnull"`
	State   string         `bun:",notnull,default:'new'"`
	Price   *store.Decimal //
}

// models are all models, in an order in which rows can be inserted.
var models = []any{Shelf{}, Label{}, Thing{}, ThingLabel{}, Memo{}, Ticket{}}
