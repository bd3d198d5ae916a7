package main

import (
	"github.com/uptrace/bun"

	"github.com/seed-7694ebf6/plinth/store"
)

// Country is an entry of ISO 3166-1. Its fields have the names of the file, so
// the same struct reads the file, is the table and makes the row that is sent.
type Country struct {
	bun.BaseModel `bun:"table:countries" json:"-"`

	Alpha2       string  `bun:"alpha_2,pk"             json:"alpha_2" validate:"len=2"`
	Alpha3       string  `bun:"alpha_3,notnull,unique" json:"alpha_3" validate:"len=3"`
	Numeric      string  `bun:",notnull,unique"        json:"numeric" validate:"len=3"`
	Name         string  `bun:",notnull"               json:"name"    validate:"required"`
	OfficialName *string `json:"official_name"`
	CommonName   *string `json:"common_name"`
	Flag         string  `bun:",notnull"               json:"flag"`

	Subdivisions     []*Subdivision    `bun:"rel:has-many,join:alpha_2=country_code"          json:"-"`
	SubdivisionTypes []SubdivisionType `bun:"m2m:country_subdivision_types,join:Country=Type" json:"-"`
}

// SubdivisionType is a word for subdivisions: province, county. Uses counts the
// subdivisions it is used for.
type SubdivisionType struct {
	bun.BaseModel `bun:"table:subdivision_types" json:"-"`

	Name string `bun:",pk"      json:"name" validate:"required"`
	Uses int64  `bun:",notnull" json:"uses" validate:"min=1"`

	Subdivisions []*Subdivision `bun:"rel:has-many,join:name=type_name"                json:"-"`
	Countries    []Country      `bun:"m2m:country_subdivision_types,join:Type=Country" json:"-"`
}

// CountrySubdivisionType says that a country has subdivisions of a type, and how
// many.
type CountrySubdivisionType struct {
	bun.BaseModel `bun:"table:country_subdivision_types" json:"-"`

	CountryCode string `bun:",pk"      json:"country_code"`
	TypeName    string `bun:",pk"      json:"type_name"`
	Uses        int64  `bun:",notnull" json:"uses"         validate:"min=1"`

	Country *Country         `bun:"rel:belongs-to,join:country_code=alpha_2" json:"-"`
	Type    *SubdivisionType `bun:"rel:belongs-to,join:type_name=name"       json:"-"`
}

// Subdivision is an entry of ISO 3166-2. Some lie within another one.
type Subdivision struct {
	bun.BaseModel `bun:"table:subdivisions" json:"-"`

	Code        string  `bun:",pk"          json:"code"         validate:"min=4"`
	Name        string  `bun:",notnull"     json:"name"         validate:"required"`
	TypeName    string  `bun:",notnull"     json:"type_name"`
	CountryCode string  `bun:",notnull"     json:"country_code"`
	ParentCode  *string `json:"parent_code"`

	Type     *SubdivisionType `bun:"rel:belongs-to,join:type_name=name"       json:"-"`
	Country  *Country         `bun:"rel:belongs-to,join:country_code=alpha_2" json:"-"`
	Parent   *Subdivision     `bun:"rel:belongs-to,join:parent_code=code"     json:"-"`
	Children []*Subdivision   `bun:"rel:has-many,join:code=parent_code"       json:"-"`
}

// Language is an entry of ISO 639-3. Living, Names and Codes are derived: its
// type, all of its names, and its codes by the column they stand in.
type Language struct {
	bun.BaseModel `bun:"table:languages" json:"-"`

	Alpha3        string  `bun:"alpha_3,pk"     json:"alpha_3" validate:"len=3"`
	Alpha2        *string `bun:"alpha_2,unique" json:"alpha_2" validate:"omitempty,len=2"`
	Bibliographic *string `json:"bibliographic"`
	Name          string  `bun:",notnull"       json:"name"    validate:"required" plinth:"searchable"`
	InvertedName  *string `json:"inverted_name"`
	CommonName    *string `json:"common_name"`
	Scope         string  `bun:",notnull"       json:"scope"   validate:"len=1"`
	Type          string  `bun:",notnull"       json:"type"    validate:"len=1"`
	Living        bool    `bun:",notnull"       json:"living"`

	Names []string   `bun:",array,notnull" json:"names"`
	Codes store.JSON `bun:",notnull"       json:"codes"`
}

// Currency is an entry of ISO 4217. One that is withdrawn is marked as deleted, and
// can come back.
type Currency struct {
	bun.BaseModel    `bun:"table:currencies" json:"-"`
	store.SoftDelete `json:"-"`

	Alpha3  string `bun:"alpha_3,pk" json:"alpha_3" validate:"len=3"`
	Numeric string `bun:",notnull"   json:"numeric" validate:"len=3"`
	Name    string `bun:",notnull"   json:"name"    validate:"required"`
}
