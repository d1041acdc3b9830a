"""The Lua scripts of the gateway's filters, for what Envoy has no setting for."""

# The value of Authorization that functions receive. The cloud's gateway sends its own Google ID token there.
GATEWAY_TOKEN = "the-local-gateway"  # noqa: S105 - no secret: nothing accepts it

# The response to HEAD has no body. Envoy would send that of the other method.
OVERRIDE_METHOD = """
function envoy_on_request(handle)
  local headers = handle:headers()
  local method = headers:getAtIndex("x-http-method-override", 0)
  if method then
    if headers:get(":method") ~= "HEAD" then
      headers:replace(":method", method)
    end
    headers:remove("x-http-method-override")
    handle:clearRouteCache()
  end
end
"""

# Envoy would skip blanks before a token. A token is one word after one blank (RFC 6750): anything else is no token.
ONE_WORD = """
function envoy_on_request(handle)
  local headers = handle:headers()
  local sent = headers:get("authorization")
  if sent and sent:sub(1, 7) == "Bearer " and not sent:match("^Bearer [%w%-._~+/]+=*$") then
    headers:remove("authorization")
  end
end
"""

# If the client sends no Authorization, its X-Forwarded-Authorization reaches the function, as in the cloud: no function
# may trust that header.
REPLACE_AUTHORIZATION = f"""
function envoy_on_request(handle)
  local headers = handle:headers()
  local sent = headers:get("authorization")
  if sent then
    headers:replace("x-forwarded-authorization", sent)
  end
  headers:replace("authorization", "Bearer {GATEWAY_TOKEN}")
end
"""

# The cloud's gateway reads a whole response before it passes it on. Envoy does so if a filter asks for the body, and
# answers 500 if the body is larger than the listener's buffer.
BUFFER_RESPONSE = """
function envoy_on_response(handle)
  handle:body()
end
"""
