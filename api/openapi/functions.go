package openapi

import (
	"net/http"
	"slices"
	"strings"

	"github.com/seed-7694ebf6/plinth/api/catalog"
)

const rpcTag = "rpc"

// function adds the path of a function.
func (b *builder) function(f *catalog.Function) {
	if !slices.ContainsFunc(b.tags, func(t tag) bool { return t.Name == rpcTag }) {
		b.tags = append(b.tags, tag{rpcTag, "Functions."})
	}
	in, arguments := "rpc."+f.Name+".In", b.types.Input(f.In)
	b.schemas = append(b.schemas, Property{in, arguments})
	onRows := b.rowParameters(f)
	result, answers := b.callAnswers(f)
	operation := func(method, id string, parameters []Parameter, answers []answer) operationObject {
		return operationObject{
			Tags: []string{rpcTag}, Summary: "Call " + f.Name, OperationID: id, Parameters: parameters,
			Responses: responses(method, answers, callFailures, result),
		}
	}
	var path ordered[operationObject]
	if f.ReadOnly {
		parameters := append(append(callArguments(arguments), parameterRef("Prefer.call"), parameterRef("Accept-Profile")), onRows...)
		path = append(path, entry[operationObject]{"get", operation(http.MethodGet, "rpc.get."+f.Name, parameters, answers)})
		head := operation(http.MethodHead, "rpc.head."+f.Name, parameters, withoutContent(answers))
		path = append(path, entry[operationObject]{"head", head})
	}
	answers = slices.DeleteFunc(answers, func(a answer) bool { return a.status == http.StatusNoContent })
	answers = append(answers, answer{http.StatusNoContent, "Done; always so with `Prefer: return=minimal`.", preferred, nil})
	post := operation(http.MethodPost, "rpc."+f.Name, append([]Parameter{parameterRef("Prefer.call"), parameterRef("Content-Profile")}, onRows...), answers)
	post.RequestBody = &RequestBody{Description: "The arguments by name.", Required: f.In.NumField() > 0, Content: Content{{jsonForm, ref(in)}}}
	if f.Repeats {
		b.repeats(&post)
	}
	path = append(path, entry[operationObject]{"post", post})
	b.paths = append(b.paths, entry[ordered[operationObject]]{b.api.Prefix + strings.Replace(patternCall, "{function}", f.Name, 1), path})
}

// callAnswers returns the schema of what a function returns, or of one of several,
// and how it answers with it.
func (b *builder) callAnswers(f *catalog.Function) (*Schema, []answer) {
	one := func(content func(*Schema) Content) []answer {
		return []answer{{http.StatusOK, "The result.", []string{"Content-Range.one", "Preference-Applied"}, content}}
	}
	many := func(content func(*Schema) Content) []answer {
		return []answer{
			{http.StatusOK, "The rows.", wroteHeaders, content},
			{http.StatusPartialContent, "Some of the rows.", wroteHeaders, content},
		}
	}
	switch {
	case f.Void:
		return nil, []answer{{http.StatusNoContent, "Done.", preferred, nil}}
	case f.Table != nil && f.Many:
		return b.rowOf(f.Table), many(rows)
	case f.Table != nil:
		return b.rowOf(f.Table).Nullable(), one(result)
	case f.Many:
		return b.types.Output(f.Out.Elem()), many(results)
	}
	return b.types.Output(f.Out), one(result)
}

// withoutContent returns answers as HEAD has them.
func withoutContent(answers []answer) []answer {
	bare := slices.Clone(answers)
	for i := range bare {
		bare[i].content = nil
	}
	return bare
}

// rowParameters are those that query the rows a function returns, if they are rows
// of which the caller can see any.
func (b *builder) rowParameters(f *catalog.Function) []Parameter {
	if f.Table == nil || !f.Table.Read {
		return nil
	}
	var all []Parameter
	for _, key := range []string{"select", "order", "limit", "offset", "and", "or", "not.and", "not.or"} {
		all = append(all, parameterRef(key))
	}
	for _, c := range f.Table.Table.Columns {
		if f.Table.Readable.Has(c) {
			all = append(all, parameterRef(filterKey(f.Table, c)))
		}
	}
	return all
}

// callArguments are the arguments of a function in a query string. An argument with the name of
// a parameter of the wire has to be sent in a body.
func callArguments(in *Schema) []Parameter {
	return slices.DeleteFunc(queryArguments(in), func(p Parameter) bool { return slices.Contains(reserved, p.Name) })
}

// queryArguments are the members of an object in a query string. They cannot be null, and
// values that are not scalars are JSON.
func queryArguments(in *Schema) []Parameter {
	var all []Parameter
	for _, p := range in.Properties {
		s := p.Schema.notNull()
		argument := Parameter{
			Name: p.Name, In: "query", Description: "Argument " + p.Name + ".", Required: slices.Contains(in.Required, p.Name), Schema: s,
		}
		if len(s.Type) == 0 || s.Type[0] == "array" || s.Type[0] == "object" {
			argument.Schema, argument.Content = nil, Content{{jsonForm, s}}
		}
		all = append(all, argument)
	}
	return all
}

// rowOf returns the schema of the rows of a table, which may be none of those the
// caller can use: then nothing is said of them.
func (b *builder) rowOf(t *catalog.Table) *Schema {
	if !slices.Contains(b.api.Tables, t) {
		return object()
	}
	return ref(t.Table.Name + ".Row")
}
