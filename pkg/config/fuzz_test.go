package config_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/breezeway-audio/breezeway/pkg/config"
)

func FuzzLoad(f *testing.F) {
	for i, value := range []string{"", "0", "7700-7719", "%s", "eth0,10.0.0.0/8", "192.0.2.1:1900,http://192.0.2.2/d.xml", "[", "500ms", "-1s", "flac", "999999999999999999999"} {
		f.Add(uint8(i), value)
	}
	names := config.Variables()
	f.Fuzz(func(t *testing.T, which uint8, value string) {
		v := names[int(which)%len(names)]
		if strings.HasSuffix(v.Name, "_FILE") {
			return // would open any path
		}
		c, warnings, err := config.Load([]string{v.Name + "=" + value})
		var faults config.Faults
		switch {
		case len(warnings) != 0:
			t.Errorf("want no warning, got %v", warnings)
		case err == nil && c == nil:
			t.Error("neither a Config nor an error")
		case err != nil && (!errors.As(err, &faults) || len(faults) != 1 || faults[0].Name != v.Name):
			t.Errorf("want one fault of %s, got %v", v.Name, err)
		}
	})
}
