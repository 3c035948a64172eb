package rtsp

import (
	"slices"
	"strings"
)

// A Field is one header line.
type Field struct {
	Name  string // in the sender's case
	Value string // without the blanks around it
}

// A Header is the header lines in their order. Names compare without case.
type Header []Field

// Get returns the value of the first field called name, "" if there is none.
func (h Header) Get(name string) string {
	if i := h.index(name); i >= 0 {
		return h[i].Value
	}
	return ""
}

// Has reports whether there is a field called name.
func (h Header) Has(name string) bool { return h.index(name) >= 0 }

// Set replaces all fields called name by one, at the position of the first.
func (h *Header) Set(name, value string) {
	i := h.index(name)
	if i < 0 {
		h.Add(name, value)
		return
	}
	(*h)[i] = Field{Name: name, Value: value}
	rest := slices.DeleteFunc((*h)[i+1:], func(f Field) bool { return strings.EqualFold(f.Name, name) })
	*h = (*h)[:i+1+len(rest)]
}

// Add appends a field.
func (h *Header) Add(name, value string) {
	*h = append(*h, Field{Name: name, Value: value})
}

func (h Header) index(name string) int {
	return slices.IndexFunc(h, func(f Field) bool { return strings.EqualFold(f.Name, name) })
}

// append appends all fields but Content-Length, which the messages write
// themselves so that it is always right.
func (h Header) append(dst []byte) []byte {
	for _, f := range h {
		if !strings.EqualFold(f.Name, contentLength) {
			dst = appendField(dst, f.Name, f.Value)
		}
	}
	return dst
}

func appendField(dst []byte, name, value string) []byte {
	dst = append(dst, name...)
	dst = append(dst, ": "...)
	dst = append(dst, value...)
	return append(dst, "\r\n"...)
}
