librask_core_la_SOURCES += runtime/wire/wire.c runtime/wire/wire.h runtime/wire/messages.def
librask_core_la_SOURCES += runtime/wire/call.h
