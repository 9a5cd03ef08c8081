# ferry_module(NAME SOURCES a.c … LINK target …): one static library.
function(ferry_module name)
	cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LINK")
	add_library(${name} STATIC ${arg_SOURCES})
	target_include_directories(${name} PUBLIC ${PROJECT_SOURCE_DIR})
	target_link_libraries(${name} PUBLIC ${arg_LINK})
endfunction()
