package migrate_test

import (
	"database/sql"
	"encoding/json"
	"time"

	"github.com/uptrace/bun"

	"github.com/seed-7694ebf6/plinth/store"
)

// Every kind, as NOT NULL and as a column that can be NULL.
type gauge struct {
	bun.BaseModel `bun:"table:gauges"`
	ID            int64 `bun:",pk,autoincrement"`

	Label   string          `bun:",notnull"`
	Active  bool            `bun:",notnull"`
	Count   int64           `bun:",notnull"`
	Small   int32           `bun:",notnull"`
	Ratio   float64         `bun:",notnull"`
	Price   string          `bun:"type:numeric,notnull"`
	SeenAt  time.Time       `bun:",notnull"`
	Day     string          `bun:"type:date,notnull"`
	Ref     store.ID        `bun:"type:uuid,notnull"`
	Blob    []byte          `bun:",notnull"`
	Extra   json.RawMessage `bun:"type:jsonb,notnull"`
	Tags    []string        `bun:",array,notnull"`
	Plain   string
	MaybeS  *string
	MaybeB  sql.NullBool
	MaybeI  *int64
	MaybeF  *float64
	MaybeP  *string `bun:"type:decimal"`
	MaybeT  *time.Time
	MaybeD  *string   `bun:"type:date"`
	MaybeU  *store.ID `bun:"type:uuid"`
	Zeroed  string    `bun:",nullzero"`
	ZeroedT time.Time `bun:",nullzero"`
}

// Every default that means the same on both engines.
type preset struct {
	bun.BaseModel `bun:"table:presets"`
	Code          string    `bun:",pk"`
	Name          string    `bun:",notnull,default:'it''s (new)'"`
	Open          bool      `bun:",notnull,default:true"`
	Rank          int64     `bun:",notnull,default:-7"`
	Ratio         float64   `bun:",notnull,default:0.5"`
	Price         string    `bun:"type:numeric,notnull,default:9.50"`
	MadeAt        time.Time `bun:",notnull,default:current_timestamp"`
	Since         time.Time `bun:",notnull,default:'2026-01-02 03:04:05Z'"`
	Day           string    `bun:"type:date,notnull,default:'2026-01-02'"`
	Extra         any       `bun:"type:jsonb,notnull,default:'{ }'"`
	Raw           []byte    `bun:",notnull,default:'\\xDEAD'"`
	Tags          []string  `bun:",array,notnull,default:'{}'"`
}

type team struct {
	bun.BaseModel `bun:"table:teams"`
	store.Model
	store.SoftDelete
	store.Tenant
	Slug    string    `bun:",notnull,unique"`
	Region  string    `bun:",notnull,unique:place"`
	Number  int64     `bun:",notnull,unique:place"`
	LeadID  *store.ID `bun:"type:uuid"`
	Lead    *person   `bun:"rel:belongs-to,join:lead_id=id"`
	Members []person  `bun:"m2m:team_people,join:Team=Person"`
}

type person struct {
	bun.BaseModel `bun:"table:people"`
	store.Model
	Email    string    `bun:",notnull,unique"`
	TeamID   *store.ID `bun:"type:uuid"`
	Team     *team     `bun:"rel:belongs-to,join:team_id=id"`
	ParentID *store.ID `bun:"type:uuid"`
	Parent   *person   `bun:"rel:belongs-to,join:parent_id=id"`
}

type membership struct {
	bun.BaseModel `bun:"table:team_people"`
	TeamID        store.ID `bun:"type:uuid,pk"`
	Team          *team    `bun:"rel:belongs-to,join:team_id=id"`
	PersonID      store.ID `bun:"type:uuid,pk"`
	Person        *person  `bun:"rel:belongs-to,join:person_id=id"`
}

type setting struct {
	bun.BaseModel `bun:"table:settings"`
	Scope         string   `bun:",pk"`
	Number        int64    `bun:",pk"`
	PresetCode    string   `bun:",notnull"`
	Preset        *preset  `bun:"rel:belongs-to,join:preset_code=code"`
	GaugeID       int64    `bun:",notnull"`
	Gauge         *gauge   `bun:"rel:belongs-to,join:gauge_id=id"`
	Owner         store.ID `bun:"type:uuid,notnull"`
}

var fixture = []any{setting{}, gauge{}, preset{}, membership{}, team{}, person{}}
