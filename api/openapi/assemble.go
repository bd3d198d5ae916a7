package openapi

import "slices"

// document is an OpenAPI document in the order of its members.
type document struct {
	OpenAPI    string                            `json:"openapi"`
	Info       info                              `json:"info"`
	Servers    []server                          `json:"servers"`
	Security   []ordered[[]string]               `json:"security"`
	Tags       []tag                             `json:"tags,omitempty"`
	Paths      ordered[ordered[operationObject]] `json:"paths"`
	Components components                        `json:"components"`
}

type info struct {
	Title   string `json:"title"`
	Version string `json:"version"`
}

type server struct {
	URL string `json:"url"`
}

type components struct {
	SecuritySchemes ordered[securityScheme] `json:"securitySchemes"`
	Parameters      ordered[Parameter]      `json:"parameters,omitempty"`
	Headers         ordered[headerObject]   `json:"headers,omitempty"`
	Responses       ordered[Response]       `json:"responses,omitempty"`
	Schemas         Properties              `json:"schemas,omitempty"`
}

type headerObject struct {
	Description string  `json:"description"`
	Required    bool    `json:"required,omitempty"`
	Schema      *Schema `json:"schema"`
}

type securityScheme struct {
	Type         string `json:"type"`
	Description  string `json:"description"`
	Name         string `json:"name,omitempty"`
	In           string `json:"in,omitempty"`
	Scheme       string `json:"scheme,omitempty"`
	BearerFormat string `json:"bearerFormat,omitempty"`
}

// document puts the parts together. An API without operations has no
// components but those to authenticate by.
func (b *builder) document() *document {
	d := &document{
		OpenAPI: "3.1.0",
		Info:    info{b.api.Title, b.api.Version},
		Servers: []server{{b.api.Server}},
		Security: []ordered[[]string]{
			{}, {{"apikey", []string{}}}, {{"bearer", []string{}}}, {{"apikey", []string{}}, {"bearer", []string{}}},
		},
		Tags: b.tags, Paths: b.paths,
		Components: components{SecuritySchemes: ordered[securityScheme]{
			{"apikey", securityScheme{Type: "apiKey", Description: "Key of the application, publishable or secret.", Name: "apikey", In: "header"}},
			{"bearer", securityScheme{Type: "http", Description: "Token of a user.", Scheme: "bearer", BearerFormat: "JWT"}},
		}},
	}
	if len(b.paths) > 0 {
		b.fill(&d.Components)
	}
	return d
}

// fill adds the components that operations refer to.
func (b *builder) fill(c *components) {
	used := b.used()
	for _, p := range parameters {
		if used[parametersPath+p.key] {
			c.Parameters = append(c.Parameters, entry[Parameter]{p.key, p.make(b.api)})
		}
	}
	c.Parameters = append(c.Parameters, b.filters...)
	for _, f := range failures {
		if !used[responsesPath+failureName(f.status)] {
			continue
		}
		for _, h := range f.headers {
			used[headersPath+h] = true
		}
		c.Responses = append(c.Responses, entry[Response]{failureName(f.status), f.response(errorContent)})
	}
	if used[responsesPath+"Error"] {
		c.Responses = append(c.Responses, entry[Response]{"Error", otherError(errorContent)})
	}
	for _, h := range headers {
		if used[headersPath+h.name] {
			c.Headers = append(c.Headers, entry[headerObject]{h.name, headerObject{h.description, h.required, text()}})
		}
	}
	c.Schemas = slices.Concat(c.Schemas, b.schemas, b.types.Definitions, b.routeTypes.Definitions)
	if used[responsesPath+"Error"] {
		c.Schemas = append(c.Schemas, errorSchemas()...)
	}
}

// used returns the parameters, headers and errors that any operation refers to.
func (b *builder) used() map[string]bool {
	used := map[string]bool{}
	for _, path := range b.paths {
		for _, op := range path.value {
			for _, p := range op.value.Parameters {
				used[p.Ref] = true
			}
			for _, r := range op.value.Responses {
				used[r.value.Ref] = true
				for _, h := range r.value.Headers {
					used[headersPath+h.Name] = true
				}
			}
		}
	}
	return used
}
