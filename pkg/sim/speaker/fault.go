package speaker

import "github.com/breezeway-audio/breezeway/pkg/sim/device"

// UPnP errors beside those of every device (AVTransport:1 table 21,
// RenderingControl:1 table 11, ConnectionManager:1 table 8).
var (
	errTransition  = &device.Fault{Code: 701, Text: "Transition not available"}
	errPreset      = &device.Fault{Code: 701, Text: "Invalid Name"}
	errConnection  = &device.Fault{Code: 706, Text: "Invalid connection reference"}
	errSeekMode    = &device.Fault{Code: 710, Text: "Seek mode not supported"}
	errSeekTarget  = &device.Fault{Code: 711, Text: "Illegal seek target"}
	errLocked      = &device.Fault{Code: 705, Text: "Transport is locked"}
	errMIMEType    = &device.Fault{Code: 714, Text: "Illegal MIME-Type"}
	errResource    = &device.Fault{Code: 716, Text: "Resource not found"}
	errPlaySpeed   = &device.Fault{Code: 717, Text: "Play speed not supported"}
	errAVTInstance = &device.Fault{Code: 718, Text: "Invalid InstanceID"}
	errRCSInstance = &device.Fault{Code: 702, Text: "Invalid InstanceID"}
)
