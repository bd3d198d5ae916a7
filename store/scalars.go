package store

import (
	"reflect"

	"github.com/seed-7694ebf6/plinth/store/internal/value"
	"github.com/seed-7694ebf6/plinth/store/schema"
)

// scalars are the column types that package store declares.
var scalars = map[reflect.Type]value.GoType{
	reflect.TypeFor[Date]():    value.Exact(KindDate, textFromDate, dateFromText),
	reflect.TypeFor[Decimal](): value.Exact(KindDecimal, textFromDecimal, decimalFromText),
	reflect.TypeFor[JSON]():    value.Exact(KindJSON, textFromJSON, jsonFromText),
}

func textFromDate(d *Date) (string, error) {
	if err := d.check(); err != nil {
		return "", err
	}
	return d.String(), nil
}

func textFromDecimal(d *Decimal) (string, error) { return d.String(), nil }

func decimalFromText(s string) (Decimal, error) { return Decimal{s}, nil }

func textFromJSON(j *JSON) (string, error) { return value.CanonicalJSON([]byte(j.String())) }

func jsonFromText(s string) (JSON, error) {
	if s == "null" {
		return "", nil
	}
	return JSON(s), nil
}

// mixins are the mixins of this package.
var mixins = schema.Mixins{
	Model: reflect.TypeFor[Model](), SoftDelete: reflect.TypeFor[SoftDelete](), Tenant: reflect.TypeFor[Tenant](),
	Untracked: reflect.TypeFor[Untracked](), History: reflect.TypeFor[History](), View: reflect.TypeFor[View](),
}
