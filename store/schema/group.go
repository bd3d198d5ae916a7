package schema

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/seed-7694ebf6/plinth/store/driver"
	"github.com/uptrace/bun/schema"
)

// Index is an index of a plinth tag: a plain one, or a unique one with a condition. Unique
// ones without a condition are in UniqueKeys of the [Table].
type Index struct {
	Name    string
	Columns []*Column
	Unique  bool
	Where   *Condition // nil: of all rows
}

// Check is a check of a plinth tag, or that of an enum.
type Check struct {
	Name      string
	Columns   []*Column // of Condition
	Condition *Condition
}

// baseModelType is the type of the field whose tag is that of the table.
var baseModelType = reflect.TypeFor[schema.BaseModel]()

// readGroups resolves the indexes, unique keys and checks of all tags.
func (t *Table) readGroups(groups []groupTag) error {
	var errs []error
	if f, ok := t.goType.FieldByName("BaseModel"); ok && f.Type == baseModelType {
		own, err := parseTableTag(f.Tag.Get("plinth"))
		errs, groups = append(errs, t.wrongTag(err)), append(own, groups...)
	}
	for _, c := range t.Columns {
		if c.Enum != nil && !t.View {
			t.addCheck(choice(c, c.Enum))
		}
	}
	for _, g := range groups {
		if t.View {
			errs = append(errs, t.wrongTag(fmt.Errorf("%s: a view has no %s", g.option, g.option)))
			continue
		}
		errs = append(errs, t.wrongTag(t.readGroup(g)))
	}
	return errors.Join(errs...)
}

func (t *Table) wrongTag(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("store: table %s: %w", t.Name, err)
}

func (t *Table) readGroup(g groupTag) error {
	if g.option == optionCheck {
		c, err := ParseCondition(t, g.argument)
		if err != nil {
			return fmt.Errorf("check %q: %w", g.argument, err)
		}
		for _, other := range t.Checks {
			if other.Condition.Same(c) {
				return fmt.Errorf("check %q stands twice", g.argument)
			}
		}
		t.addCheck(c)
		return nil
	}
	columns, where, err := t.readIndex(g)
	if err != nil {
		return fmt.Errorf("%s %q: %w", g.option, g.argument, err)
	}
	if g.option == optionUnique && where == nil {
		if slices.ContainsFunc(append(t.UniqueKeys, t.PrimaryKey), func(key []*Column) bool { return sameColumns(key, columns) }) {
			return fmt.Errorf("unique %q: the columns are a unique key already", g.argument)
		}
		t.UniqueKeys = append(t.UniqueKeys, columns)
		return nil
	}
	return t.addIndex(&Index{Columns: columns, Unique: g.option == optionUnique, Where: where})
}

// readIndex reads the columns of an index, and its condition behind where.
func (t *Table) readIndex(g groupTag) (columns []*Column, where *Condition, err error) {
	list, condition, partial := cutWhere(g.argument)
	if strings.TrimSpace(list) == "" {
		list = g.field
	}
	for name := range strings.SplitSeq(list, "|") {
		c := t.byName[strings.TrimSpace(name)]
		switch {
		case c == nil:
			return nil, nil, fmt.Errorf("there is no column %q", strings.TrimSpace(name))
		case slices.Contains(columns, c):
			return nil, nil, fmt.Errorf("%s stands twice", c.Name)
		case c.Kind == driver.KindJSON || c.Kind == driver.KindTextArray:
			return nil, nil, fmt.Errorf("%s is %s, which such an index does not find", c.Name, c.Kind)
		}
		columns = append(columns, c)
	}
	if partial {
		where, err = ParseCondition(t, condition)
	}
	return columns, where, err
}

// cutWhere cuts the columns of an index from its condition.
func cutWhere(argument string) (columns, condition string, found bool) {
	for i := range len(argument) {
		rest := argument[i:]
		if (i == 0 || argument[i-1] == ' ') && len(rest) > len("where ") && strings.EqualFold(rest[:len("where ")], "where ") {
			return argument[:i], rest[len("where "):], true
		}
	}
	return argument, "", false
}

func sameColumns(a, b []*Column) bool {
	return len(a) == len(b) && !slices.ContainsFunc(a, func(c *Column) bool { return !slices.Contains(b, c) })
}

func (t *Table) addIndex(ix *Index) error {
	for _, other := range t.Indexes {
		if slices.Equal(other.Columns, ix.Columns) && other.Where.Same(ix.Where) {
			return fmt.Errorf("index of %s stands twice", JoinNames(ix.Columns, "|"))
		}
	}
	name := t.Name + "_" + JoinNames(ix.Columns, "_")
	if ix.Where != nil {
		name += "_where_" + JoinNames(ix.Where.Columns(), "_")
	}
	if ix.Unique {
		name += "_key"
	} else {
		name += "_idx"
	}
	ix.Name = freeName(name, func(name string) bool {
		return slices.ContainsFunc(t.Indexes, func(o *Index) bool { return o.Name == name })
	})
	t.Indexes = append(t.Indexes, ix)
	return nil
}

func (t *Table) addCheck(c *Condition) {
	columns := c.Columns()
	name := freeName(t.Name+"_"+JoinNames(columns, "_")+"_check", func(name string) bool {
		return slices.ContainsFunc(t.Checks, func(o *Check) bool { return o.Name == name })
	})
	t.Checks = append(t.Checks, &Check{Name: name, Columns: columns, Condition: c})
}

// MaxName is how many bytes of a name PostgreSQL keeps.
const MaxName = 63

// freeName returns a name of at most [MaxName] bytes, with a number if it is taken. The
// same name always gives the same result.
func freeName(name string, taken func(string) bool) string {
	free := shortName(name)
	for n := 2; taken(free); n++ {
		free = shortName(name + strconv.Itoa(n))
	}
	return free
}

// shortName replaces the end of a long name by a hash of all of it.
func shortName(name string) string {
	if len(name) <= MaxName {
		return name
	}
	sum := sha256.Sum256([]byte(name))
	tail := "_" + hex.EncodeToString(sum[:4])
	return name[:MaxName-len(tail)] + tail
}

// checkOf returns the check of a name, or nil.
func (t *Table) checkOf(name string) *Check {
	i := slices.IndexFunc(t.Checks, func(c *Check) bool { return c.Name == name })
	if i < 0 {
		return nil
	}
	return t.Checks[i]
}

// checkTag rejects options of the plinth tag that do not fit the column.
func (c *Column) checkTag() error {
	wrong := func(format string, args ...any) error {
		return fmt.Errorf("store: %s.%s: "+format, append([]any{c.Table.Name, c.Name}, args...)...)
	}
	switch {
	case c.Assignable && !c.Generated:
		return wrong("generated=bydefault is for a key that the database makes: add autoincrement to the bun tag")
	case c.Assignable && c.Mode >= ReadOnly:
		return wrong("generated=bydefault lets clients give the key, and its mode forbids it")
	case c.NoDefault && (c.Nullable || c.initial.set):
		return wrong("nodefault is for a column that is neither nullable nor has a default")
	case c.NoDefault && (c.Generated || c.Mode >= ReadOnly || c.Table.Managed(c)):
		return wrong("nodefault is for a column that clients may give")
	case c.Enum == nil:
		return nil
	case c.Kind != driver.KindText:
		return wrong("enum is for text, and the column is %s", c.Kind)
	}
	if d, ok := c.initial.value.(string); ok && c.initial.set && !slices.Contains(c.Enum, d) {
		return wrong("the default %s is not in its enum", quoteText(d))
	}
	return nil
}

// refuseRelationTag rejects a plinth tag on a relation, which has no column.
func refuseRelationTag(f *schema.Field) error {
	if tag := f.StructField.Tag.Get("plinth"); tag != "" {
		return fmt.Errorf("plinth tag %q: the field is a relation, and the tag is for columns", tag)
	}
	return nil
}
