package value

import "reflect"

// pointer makes g the type of a pointer to it: nil is NULL.
func (g GoType) pointer() GoType {
	inner := g
	g.Nullable = true
	g.Get = func(v reflect.Value) (any, error) {
		if v.IsNil() {
			return nil, nil
		}
		return inner.Get(v.Elem())
	}
	g.Set = func(v reflect.Value, x any) error {
		if x == nil {
			v.SetZero()
			return nil
		}
		p := reflect.New(inner.base)
		if err := inner.Set(p.Elem(), x); err != nil {
			return err
		}
		v.Set(p)
		return nil
	}
	if inner.scan != nil {
		g.scan = func(v reflect.Value, raw []byte) error {
			p := reflect.New(inner.base)
			if err := inner.scan(p.Elem(), raw); err != nil {
				return err
			}
			v.Set(p)
			return nil
		}
	}
	return g
}

// sqlNull makes g the type of a struct of a value and Valid, such as sql.Null.
func (g GoType) sqlNull() GoType {
	inner := g
	g.Nullable = true
	g.Get = func(v reflect.Value) (any, error) {
		if !v.Field(1).Bool() {
			return nil, nil
		}
		return inner.Get(v.Field(0))
	}
	g.Set = func(v reflect.Value, x any) error {
		v.SetZero()
		if x == nil {
			return nil
		}
		v.Field(1).SetBool(true)
		return inner.Set(v.Field(0), x)
	}
	if inner.scan != nil {
		g.scan = func(v reflect.Value, raw []byte) error {
			v.Field(1).SetBool(true)
			return inner.scan(v.Field(0), raw)
		}
	}
	return g
}

// zeroAsNull maps the zero of g to NULL.
func (g GoType) zeroAsNull(isZero func(reflect.Value) bool) GoType {
	inner := g
	g.Nullable = true
	g.Get = func(v reflect.Value) (any, error) {
		if isZero(v) {
			return nil, nil
		}
		return inner.Get(v)
	}
	g.Set = func(v reflect.Value, x any) error {
		if x == nil {
			v.SetZero()
			return nil
		}
		return inner.Set(v, x)
	}
	return g
}

// withoutNullDocument writes the document null of a column that can be NULL as
// NULL. In an answer the two are one, so a write that reads a row before could not
// tell which of them it changes.
func (g GoType) withoutNullDocument() GoType {
	get := g.Get
	g.Get = func(v reflect.Value) (any, error) {
		x, err := get(v)
		if IsNullDocument(x) {
			return nil, err
		}
		return x, err
	}
	return g
}

// IsNullDocument reports the document null as bound value.
func IsNullDocument(x any) bool { return x == "null" }
