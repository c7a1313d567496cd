librask_core_la_SOURCES += runtime/client/client.c runtime/client/client.h
